#include "chorus/app/llm_setup.hpp"

namespace chorus::app {

Result<void> build_llm_chain(const std::vector<LlmProvider>& providers,
                             const std::vector<policy::Ceiling>& ceilings, rt::Loop& loop,
                             net::Transport& transport, platform::ProviderChain& chain) {
  for (const auto& provider : providers) {
    if (provider.kind == "builtin") {
      chain.add_builtin();
      continue;
    }
    platform::OpenAiOptions options;
    options.name = provider.name.empty() ? provider.kind : provider.name;
    CH_TRY(options.base, net::Url::parse(provider.base_url));
    options.model = provider.model;
    options.api_key = provider.api_key;
    options.prices = {provider.price_in, provider.price_out};
    const std::string scope = "provider:" + options.name;
    chain.add(platform::OpenAiClient(loop, transport, std::move(options)),
              provider.concurrency > 0 ? provider.concurrency : platform::kCallsAtOnce);
    (void)chain.limit(scope, provider.ceilings);  // it was just added
  }
  (void)chain.limit("fleet", ceilings);  // always there
  return {};
}

}  // namespace chorus::app
