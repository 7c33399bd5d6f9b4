package dev.sallyport.auth.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.tomcat.util.http.InvalidParameterException;
import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

class ReadableParametersTest {

  private static final class Broken extends MockHttpServletRequest {
    private Broken() {
      super("POST", "/login");
    }

    @Override
    public Map<String, String[]> getParameterMap() {
      throw new InvalidParameterException("half a form");
    }
  }

  /** Else everyone who hangs up could fill the log. */
  @Test
  void form_ofWhomNobodyAnswersAnyLonger_isLeftAlone() throws Exception {
    MockHttpServletResponse gone = new MockHttpServletResponse();
    gone.setCommitted(true);
    MockFilterChain chain = new MockFilterChain();
    new ReadableParameters().doFilter(new Broken(), gone, chain);
    assertThat(chain.getRequest()).isNull();

    MockHttpServletResponse there = new MockHttpServletResponse();
    new ReadableParameters().doFilter(new Broken(), there, new MockFilterChain());
    assertThat(there.getStatus()).isEqualTo(400);
  }
}
