#pragma once

#include "model/field_table.h"

namespace cairn {

/// The slots that Cairn itself always reads: who, what, where, when, the result. Made once per
/// field table.
struct StandardFields {
  SlotId event_version, event_time, event_source, event_name, region, source_ip, user_agent;
  SlotId error_code, error_message, event_id, request_id, event_type, event_category;
  SlotId read_only, management_event, recipient_account, shared_event_id, vpc_endpoint_id;
  SlotId request_parameters, response_elements, additional_event_data, service_event_details,
      resources;
  SlotId identity, identity_type, identity_principal_id, identity_arn, identity_account,
      identity_access_key;
  SlotId identity_user_name, identity_invoked_by, identity_mfa, identity_source_identity;
  SlotId identity_on_behalf_of;  // user id of an Identity Center user
  SlotId issuer_type, issuer_arn, issuer_account, issuer_user_name;
  SlotId console_login, mfa_used, insight_source,
      insight_name;  // lazy: sign-in result, MFA, Insight details

  static StandardFields intern_into(FieldTable& fields);
};

}  // namespace cairn
