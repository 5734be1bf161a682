#include "model/cloudtrail_table.h"

#include <gtest/gtest.h>

#include <set>

namespace cairn {
namespace {

// The columns and types that Athena's documentation gives, in its order.
TEST(CloudTrailTable, BeginsWithAthenasColumns) {
  const std::vector<std::pair<std::string, std::string>> athena = {
      {"eventversion", "VARCHAR"},
      {"useridentity",
       "STRUCT(\"type\" VARCHAR, \"principalid\" VARCHAR, \"arn\" VARCHAR, \"accountid\" VARCHAR, "
       "\"invokedby\" VARCHAR, \"accesskeyid\" VARCHAR, \"username\" VARCHAR, "
       "\"onbehalfof\" STRUCT(\"userid\" VARCHAR, \"identitystorearn\" VARCHAR), "
       "\"sessioncontext\" STRUCT(\"attributes\" STRUCT(\"mfaauthenticated\" VARCHAR, "
       "\"creationdate\" VARCHAR), \"sessionissuer\" STRUCT(\"type\" VARCHAR, \"principalid\" "
       "VARCHAR, \"arn\" VARCHAR, \"accountid\" VARCHAR, \"username\" VARCHAR), "
       "\"ec2roledelivery\" VARCHAR, \"webidfederationdata\" STRUCT(\"federatedprovider\" VARCHAR, "
       "\"attributes\" MAP(VARCHAR, VARCHAR))))"},
      {"eventtime", "VARCHAR"},
      {"eventsource", "VARCHAR"},
      {"eventname", "VARCHAR"},
      {"awsregion", "VARCHAR"},
      {"sourceipaddress", "VARCHAR"},
      {"useragent", "VARCHAR"},
      {"errorcode", "VARCHAR"},
      {"errormessage", "VARCHAR"},
      {"requestparameters", "VARCHAR"},
      {"responseelements", "VARCHAR"},
      {"additionaleventdata", "VARCHAR"},
      {"requestid", "VARCHAR"},
      {"eventid", "VARCHAR"},
      {"readonly", "VARCHAR"},
      {"resources", "STRUCT(\"arn\" VARCHAR, \"accountid\" VARCHAR, \"type\" VARCHAR)[]"},
      {"eventtype", "VARCHAR"},
      {"apiversion", "VARCHAR"},
      {"recipientaccountid", "VARCHAR"},
      {"serviceeventdetails", "VARCHAR"},
      {"sharedeventid", "VARCHAR"},
      {"vpcendpointid", "VARCHAR"},
      {"vpcendpointaccountid", "VARCHAR"},
      {"eventcategory", "VARCHAR"},
      {"addendum",
       "STRUCT(\"reason\" VARCHAR, \"updatedfields\" VARCHAR, \"originalrequestid\" VARCHAR, "
       "\"originaleventid\" VARCHAR)"},
      {"sessioncredentialfromconsole", "VARCHAR"},
      {"edgedevicedetails", "VARCHAR"},
      {"tlsdetails",
       "STRUCT(\"tlsversion\" VARCHAR, \"ciphersuite\" VARCHAR, \"clientprovidedhostheader\" "
       "VARCHAR)"},
  };
  std::vector<TableColumn> columns = cloudtrail_table_columns();
  ASSERT_GT(columns.size(), athena.size());
  for (size_t i = 0; i < athena.size(); ++i) {
    EXPECT_EQ(columns[i].name, athena[i].first);
    EXPECT_EQ(to_sql(columns[i].type), athena[i].second) << athena[i].first;
  }
}

TEST(CloudTrailTable, EndsWithTheRecordAndHasNoNameTwice) {
  EXPECT_EQ(cloudtrail_stored_columns().back().source, ColumnSource::kRaw);
  std::set<std::string> names;
  for (const StoredColumn& column : cloudtrail_stored_columns())
    EXPECT_TRUE(names.insert(column.name).second) << column.name;
  for (const DerivedColumn& column : cloudtrail_derived_columns())
    EXPECT_TRUE(names.insert(column.name).second) << column.name;
}

TEST(CloudTrailTable, KeepsThePathsAsRecordsSpellThem) {
  const StoredColumn& identity = cloudtrail_stored_columns()[1];
  EXPECT_EQ(identity.members[8].members[0].members[0].path,
            "userIdentity.sessionContext.attributes.mfaAuthenticated");
  EXPECT_EQ(identity.members[8].members[0].members[0].name, "mfaauthenticated");
}

TEST(TextArena, KeepsTextsInPlace) {
  TextArena arena;
  std::string large(1 << 20, 'x');
  std::string_view first = arena.keep("first"), second = arena.keep(large),
                   third = arena.keep("third");
  EXPECT_EQ(first, "first");
  EXPECT_EQ(second, large);
  EXPECT_EQ(third, "third");
  EXPECT_EQ(arena.keep(""), "");
  arena.clear();
  EXPECT_EQ(arena.size_bytes(), 0u);
}

}  // namespace
}  // namespace cairn
