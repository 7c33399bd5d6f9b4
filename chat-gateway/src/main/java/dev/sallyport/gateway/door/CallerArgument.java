package dev.sallyport.gateway.door;

import org.springframework.context.annotation.Configuration;
import org.springframework.core.MethodParameter;
import org.springframework.web.reactive.BindingContext;
import org.springframework.web.reactive.config.WebFluxConfigurer;
import org.springframework.web.reactive.result.method.HandlerMethodArgumentResolver;
import org.springframework.web.reactive.result.method.annotation.ArgumentResolverConfigurer;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Gives controller methods their {@link Caller}, whom the HTTP door admitted. */
@Configuration(proxyBeanMethods = false)
class CallerArgument implements WebFluxConfigurer {
  static final String ATTRIBUTE = Caller.class.getName();

  @Override
  public void configureArgumentResolvers(ArgumentResolverConfigurer configurer) {
    configurer.addCustomResolver(
        new HandlerMethodArgumentResolver() {
          @Override
          public boolean supportsParameter(MethodParameter parameter) {
            return parameter.getParameterType() == Caller.class;
          }

          @Override
          public Mono<Object> resolveArgument(
              MethodParameter parameter, BindingContext context, ServerWebExchange exchange) {
            Object caller = exchange.getAttribute(ATTRIBUTE);
            return caller == null
                ? Mono.error(
                    new IllegalStateException("a controller outside /v1 asks for a caller"))
                : Mono.just(caller);
          }
        });
  }
}
