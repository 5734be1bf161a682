#include "model/cloudtrail_table.h"

#include "base/text.h"

#include <array>

namespace cairn {

namespace {

StoredColumn text(std::string path) {
  std::string_view name = std::string_view(path).substr(path.rfind('.') + 1);
  return {to_lower(name), {}, ColumnSource::kField, std::move(path), {}};
}

/// A struct with text members. `path` ends in a dot, or is empty.
StoredColumn structure(const std::string& path, std::vector<StoredColumn> members) {
  StoredColumn column = text(path);
  std::vector<ColumnType::Member> types;
  for (const StoredColumn& member : members) types.push_back({member.name, member.type});
  column.type = ColumnType::structure(std::move(types));
  column.members = std::move(members);
  return column;
}

std::vector<StoredColumn> texts(const std::string& parent, std::vector<std::string> names) {
  std::vector<StoredColumn> columns;
  for (const std::string& name : names) columns.push_back(text(parent + "." + name));
  return columns;
}

StoredColumn identity() {
  std::string root = "userIdentity", session = root + ".sessionContext";
  StoredColumn federation = text(session + ".webIdFederationData.attributes");
  federation.type = ColumnType::map({}, {});
  StoredColumn context = structure(
      session, {structure(session + ".attributes",
                          texts(session + ".attributes", {"mfaAuthenticated", "creationDate"})),
                structure(session + ".sessionIssuer",
                          texts(session + ".sessionIssuer",
                                {"type", "principalId", "arn", "accountId", "userName"})),
                text(session + ".ec2RoleDelivery"),
                structure(session + ".webIdFederationData",
                          {text(session + ".webIdFederationData.federatedProvider"), federation})});
  std::vector<StoredColumn> members = texts(
      root, {"type", "principalId", "arn", "accountId", "invokedBy", "accessKeyId", "userName"});
  members.push_back(
      structure(root + ".onBehalfOf", texts(root + ".onBehalfOf", {"userId", "identityStoreArn"})));
  members.push_back(std::move(context));
  return structure(root, std::move(members));
}

StoredColumn resources() {
  StoredColumn column = structure("resources", texts("resources", {"ARN", "accountId", "type"}));
  column.type = ColumnType::list(std::move(column.type));
  return column;
}

StoredColumn extra(std::string name, ColumnKind kind, ColumnSource source) {
  return {std::move(name), {kind, {}, {}}, source, "", {}};
}

std::vector<StoredColumn> make_columns() {
  std::vector<StoredColumn> columns;
  auto add = [&](std::vector<std::string> names) {
    for (std::string& name : names) columns.push_back(text(std::move(name)));
  };
  add({"eventVersion"});
  columns.push_back(identity());
  add({"eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent",
       "errorCode", "errorMessage", "requestParameters", "responseElements", "additionalEventData",
       "requestID", "eventID", "readOnly"});
  columns.push_back(resources());
  add({"eventType", "apiVersion", "recipientAccountId", "serviceEventDetails", "sharedEventID",
       "vpcEndpointId", "vpcEndpointAccountId", "eventCategory"});
  columns.push_back(structure(
      "addendum",
      texts("addendum", {"reason", "updatedFields", "originalRequestID", "originalEventID"})));
  add({"sessionCredentialFromConsole", "edgeDeviceDetails"});
  columns.push_back(structure("tlsDetails", texts("tlsDetails", {"tlsVersion", "cipherSuite",
                                                                 "clientProvidedHostHeader"})));
  columns.push_back(extra("eventtime_ts", ColumnKind::kTimestamp, ColumnSource::kEventTimestamp));
  columns.push_back(text("managementEvent"));
  columns.back().type.kind = ColumnKind::kBoolean;
  columns.push_back(extra("source_object", ColumnKind::kText, ColumnSource::kSourceObject));
  columns.push_back(extra("ingest_time", ColumnKind::kTimestamp, ColumnSource::kIngestTime));
  columns.push_back(extra("raw", ColumnKind::kText, ColumnSource::kRaw));
  return columns;
}

}  // namespace

const std::vector<StoredColumn>& cloudtrail_stored_columns() {
  static const std::vector<StoredColumn> kColumns = make_columns();
  return kColumns;
}

std::span<const DerivedColumn> cloudtrail_derived_columns() {
  static const std::array<DerivedColumn, 10> kColumns = {{
      {"account", "coalesce(recipientaccountid, useridentity.accountid)"},
      {"region", "awsregion"},
      {"year", "eventtime[1:4]"},
      {"month", "eventtime[6:7]"},
      {"day", "eventtime[9:10]"},
      {"timestamp", "replace(eventtime[1:10], '-', '/')"},
      {"date_partition", "replace(eventtime[1:10], '-', '/')"},
      {"region_partition", "awsregion"},
      {"account_partition", "coalesce(recipientaccountid, useridentity.accountid)"},
      {"dt", "eventtime[1:10]"},
  }};
  return kColumns;
}

std::vector<TableColumn> cloudtrail_table_columns() {
  std::vector<TableColumn> columns;
  for (const StoredColumn& column : cloudtrail_stored_columns())
    columns.push_back({column.name, column.type});
  return columns;
}

std::string cloudtrail_view_sql(std::string_view source) {
  std::string sql = "SELECT ";
  std::string raw;
  for (const StoredColumn& column : cloudtrail_stored_columns()) sql += column.name + ", ";
  for (const DerivedColumn& column : cloudtrail_derived_columns())
    sql += column.sql + " AS \"" + column.name + "\", ";
  sql.resize(sql.size() - 2);
  return sql + " FROM " + std::string(source);
}

}  // namespace cairn
