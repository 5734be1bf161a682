#include "model/standard_fields.h"

namespace cairn {

StandardFields StandardFields::intern_into(FieldTable& fields) {
  StandardFields f{};
  f.event_version = fields.intern("eventVersion");
  f.event_time = fields.intern("eventTime");
  f.event_source = fields.intern("eventSource");
  f.event_name = fields.intern("eventName");
  f.region = fields.intern("awsRegion");
  f.source_ip = fields.intern("sourceIPAddress");
  f.user_agent = fields.intern("userAgent");
  f.error_code = fields.intern("errorCode");
  f.error_message = fields.intern("errorMessage");
  f.event_id = fields.intern("eventID");
  f.request_id = fields.intern("requestID");
  f.event_type = fields.intern("eventType");
  f.event_category = fields.intern("eventCategory");
  f.read_only = fields.intern("readOnly");
  f.management_event = fields.intern("managementEvent");
  f.recipient_account = fields.intern("recipientAccountId");
  f.shared_event_id = fields.intern("sharedEventID");
  f.vpc_endpoint_id = fields.intern("vpcEndpointId");
  f.request_parameters = fields.intern("requestParameters");
  f.response_elements = fields.intern("responseElements");
  f.additional_event_data = fields.intern("additionalEventData");
  f.service_event_details = fields.intern("serviceEventDetails");
  f.resources = fields.intern("resources");
  f.identity = fields.intern("userIdentity");
  f.identity_type = fields.intern("userIdentity.type");
  f.identity_principal_id = fields.intern("userIdentity.principalId");
  f.identity_arn = fields.intern("userIdentity.arn");
  f.identity_account = fields.intern("userIdentity.accountId");
  f.identity_access_key = fields.intern("userIdentity.accessKeyId");
  f.identity_user_name = fields.intern("userIdentity.userName");
  f.identity_invoked_by = fields.intern("userIdentity.invokedBy");
  f.identity_mfa = fields.intern("userIdentity.sessionContext.attributes.mfaAuthenticated");
  f.identity_source_identity = fields.intern("userIdentity.sessionContext.sourceIdentity");
  f.identity_on_behalf_of = fields.intern("userIdentity.onBehalfOf.userId");
  f.issuer_type = fields.intern("userIdentity.sessionContext.sessionIssuer.type");
  f.issuer_arn = fields.intern("userIdentity.sessionContext.sessionIssuer.arn");
  f.issuer_account = fields.intern("userIdentity.sessionContext.sessionIssuer.accountId");
  f.issuer_user_name = fields.intern("userIdentity.sessionContext.sessionIssuer.userName");
  f.console_login = fields.intern("responseElements.ConsoleLogin");
  f.mfa_used = fields.intern("additionalEventData.MFAUsed");
  f.insight_source = fields.intern("insightDetails.eventSource");
  f.insight_name = fields.intern("insightDetails.eventName");
  return f;
}

}  // namespace cairn
