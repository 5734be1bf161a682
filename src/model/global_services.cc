#include "model/global_services.h"

#include <algorithm>

namespace cairn {

namespace {

/// STS is here for its old endpoint, which every older SDK calls.
constexpr std::string_view kServices[] = {
    "account.amazonaws.com",
    "artifact.amazonaws.com",
    "billing.amazonaws.com",
    "budgets.amazonaws.com",
    "ce.amazonaws.com",
    "cloudfront.amazonaws.com",
    "globalaccelerator.amazonaws.com",
    "health.amazonaws.com",
    "iam.amazonaws.com",
    "organizations.amazonaws.com",
    "route53.amazonaws.com",
    "route53domains.amazonaws.com",
    "shield.amazonaws.com",
    "signin.amazonaws.com",
    "sts.amazonaws.com",
    "support.amazonaws.com",
    "trustedadvisor.amazonaws.com",
    "waf.amazonaws.com",
};
/// Of the partitions; Global Accelerator answers in us-west-2.
constexpr std::string_view kHomes[] = {"us-east-1", "us-west-2", "us-gov-west-1", "cn-north-1",
                                       "cn-northwest-1"};

bool has(const auto& list, std::string_view text) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

}  // namespace

bool is_home_region(std::string_view region) { return has(kHomes, region); }

bool is_global_service(std::string_view event_source) { return has(kServices, event_source); }

bool is_global_call(std::string_view event_source, std::string_view region) {
  if (event_source == "signin.amazonaws.com") return true;
  if (region == "us-west-2") return event_source == "globalaccelerator.amazonaws.com";
  return is_home_region(region) && is_global_service(event_source);
}

}  // namespace cairn
