package dev.sallyport.auth.token;

import java.util.List;

/**
 * What a feature opens under {@code /v1/**}. The chain collects the rules of all beans of this
 * type; a request that no rule matches is refused. Where several match, the first of the most
 * specific path decides, as in Spring MVC.
 */
@FunctionalInterface
public interface ApiRules {

  List<ApiRule> rules();
}
