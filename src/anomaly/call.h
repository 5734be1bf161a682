#pragma once

// A door of `anomaly`: what its watches look at in an event.

#include "base/time.h"

#include <string_view>

namespace cairn::anomaly {

/// One API call. The texts need to live for the call of add() only. They are untrusted.
struct Call {
  Timestamp time{};
  std::string_view account;  // whose trail
  std::string_view region;
  std::string_view source;     // eventSource
  std::string_view name;       // eventName
  std::string_view error;      // errorCode; "" when it succeeded
  std::string_view principal;  // as detect::principal_of() names it
  std::string_view agent;      // user agent, or its family
  std::string_view address;    // sourceIPAddress
  std::string_view event_id;
  std::string_view country, network;  // where the address is, when that is known
  bool write = false;                 // it changes something
  bool management = true;             // else a data event
  bool service = false;               // an AWS service called on its own account
};

}  // namespace cairn::anomaly
