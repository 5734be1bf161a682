#pragma once

// Services without regions: their records all name one region, wherever the caller works. A first
// IAM call is therefore no first use of us-east-1.

#include <string_view>

namespace cairn {

/// True when the region of such a record says nothing about where the caller works: the service
/// has no regions, and the region is the one that its records carry. The list follows the services'
/// CloudTrail pages (2024-11); sign-ins are recorded in any region.
bool is_global_call(std::string_view event_source, std::string_view region);

/// True for the regions that records of services without regions carry.
bool is_home_region(std::string_view region);
/// True for a service without regions.
bool is_global_service(std::string_view event_source);

}  // namespace cairn
