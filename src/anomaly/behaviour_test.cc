#include "anomaly/behaviour.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

namespace cairn::anomaly {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Timestamp kStart{Duration(1'704'067'200'000)};

/// An office: people that do their work from nine to five, each day much the same.
struct Office {
  std::deque<std::string> texts;
  std::vector<Call> calls;

  std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }
  Call& add(Timestamp time, std::string_view who, std::string_view source, std::string_view name) {
    Call call;
    call.time = time;
    call.account = "111122223333";
    call.region = "eu-west-1";
    call.source = source;
    call.name = name;
    call.principal = keep("arn:aws:iam::111122223333:user/" + std::string(who));
    call.agent = "aws-cli/2.15.0 Python/3.11";
    call.address = "198.51.100.7";
    call.event_id = keep("event-" + std::to_string(calls.size()));
    calls.push_back(call);
    return calls.back();
  }
  void work(int days, int people = 20) {
    constexpr std::array kNames = {"DescribeInstances", "DescribeVolumes", "CreateTags",
                                   "DescribeImages", "StartInstances"};
    std::mt19937_64 random(4);
    for (int day = 0; day < days; ++day)
      for (int who = 0; who < people; ++who)
        for (int i = 0; i < 12; ++i)
          add(kStart + day * 24h + 9h + i * 40min + who * 1s, "person" + std::to_string(who),
              "ec2.amazonaws.com", kNames[random() % kNames.size()]);
  }
  std::vector<BehaviourAlert> watch(BehaviourOptions options = {},
                                    BehaviourTotals* totals = nullptr) {
    std::stable_sort(calls.begin(), calls.end(),
                     [](const Call& a, const Call& b) { return a.time < b.time; });
    std::vector<BehaviourAlert> alerts;
    BehaviourWatch watch(options, [&](const BehaviourAlert& alert) -> Status {
      alerts.push_back(alert);
      return {};
    });
    for (const Call& call : calls) EXPECT_TRUE(watch.add(call).ok());
    EXPECT_TRUE(watch.finish().ok());
    if (totals != nullptr) *totals = watch.totals();
    return alerts;
  }
};

constexpr Timestamp kAttack = kStart + 12 * 24h + 11h;

TEST(BehaviourWatch, IsSilentAboutWork) {
  Office office;
  office.work(20);
  EXPECT_TRUE(office.watch().empty());
}

TEST(BehaviourWatch, ExplainsAFirstTime) {
  Office office;
  office.work(14);
  Call& call = office.add(kAttack + 5min, "person3", "cloudtrail.amazonaws.com", "StopLogging");
  call.write = true;
  call.address = "45.9.1.2";
  call.agent = "Boto3/1.26";
  auto alerts = office.watch();
  ASSERT_EQ(alerts.size(), 1u);
  const BehaviourAlert& alert = alerts[0];
  EXPECT_EQ(alert.principal, "arn:aws:iam::111122223333:user/person3");
  EXPECT_GT(alert.score, alert.bar);
  ASSERT_FALSE(alert.items.empty());
  EXPECT_EQ(alert.items[0].value, "cloudtrail:StopLogging");
  EXPECT_EQ(alert.items[0].others, 0u);
  EXPECT_EQ(alert.items[0].of_others, 19u);
  EXPECT_EQ(alert.known_days, 12u);
  std::string text = alert.sentence();
  EXPECT_THAT(text, HasSubstr("user/person3: cloudtrail:StopLogging (stops or blinds the record), "
                              "never called by 19 other principals: for the first time "
                              "in 12 days"));
  EXPECT_THAT(text, HasSubstr("45.9.0.0/16 (new network)"));
  EXPECT_THAT(text, HasSubstr("boto3 (new agent)"));
  std::string json;
  append_behaviour_json(json, alert);
  EXPECT_THAT(json, HasSubstr("\"insightType\":\"PrincipalBehavior\""));
  EXPECT_THAT(json, HasSubstr("\"value\":\"45.9.0.0/16\""));
}

/// Records of services without regions name one, wherever the caller works.
TEST(BehaviourWatch, PassesOverRegionsOfServicesWithoutRegions) {
  for (bool global : {true, false}) {
    Office office;
    office.work(14);
    Call& call = office.add(kAttack, "person3", global ? "iam.amazonaws.com" : "rds.amazonaws.com",
                            global ? "CreateUser" : "DeleteDBInstance");
    call.write = true;
    call.region = "us-east-1";
    call.address = "45.9.1.2";
    call.agent = "Boto3/1.26";
    auto alerts = office.watch();
    ASSERT_EQ(alerts.size(), 1u) << global;
    bool told = alerts[0].sentence().find("us-east-1 (new region)") != std::string::npos;
    EXPECT_EQ(told, !global) << alerts[0].sentence();
  }
}

TEST(BehaviourWatch, SeesBurstsAndDenials) {
  Office office;
  office.work(14);
  for (int i = 0; i < 600; ++i)
    office.add(kAttack + i * 1s, "person5", "ec2.amazonaws.com", "StartInstances").write = true;
  for (int i = 0; i < 12; ++i) {
    Call& call = office.add(kAttack + i * 7s, "person6", "iam.amazonaws.com",
                            office.keep("List" + std::to_string(i) + "Things"));
    call.error = "AccessDenied";
  }
  auto alerts = office.watch();
  ASSERT_EQ(alerts.size(), 2u);
  EXPECT_THAT(alerts[0].principal, HasSubstr("person5"));
  ASSERT_TRUE(alerts[0].rate.has_value());
  EXPECT_EQ(alerts[0].rate->calls, 600u);
  EXPECT_THAT(alerts[0].sentence(), HasSubstr("Usually at most 1 call a minute, now 6"));
  EXPECT_THAT(alerts[1].principal, HasSubstr("person6"));
  EXPECT_THAT(alerts[1].sentence(), HasSubstr("denied 12 different APIs"));
}

TEST(BehaviourWatch, WhatOthersDoCountsLess) {
  double alone = 0, common = 0;
  for (bool shared : {false, true}) {
    Office office;
    office.work(14);
    for (int who = 5; shared && who < 15; ++who)
      office.add(kStart + 6 * 24h + who * 1min, "person" + std::to_string(who), "s3.amazonaws.com",
                 "PutBucketPolicy");
    office.add(kAttack, "person1", "s3.amazonaws.com", "PutBucketPolicy");
    BehaviourOptions all;
    all.threshold = 0.01;
    for (const BehaviourAlert& alert : office.watch(all))
      if (alert.first >= kAttack && alert.principal.ends_with("person1"))
        (shared ? common : alone) = alert.score;
  }
  EXPECT_GT(alone, common + 1);
  EXPECT_GT(common, 0);
}

TEST(BehaviourWatch, LearnsAndKeepsItsBudget) {
  Office office;
  office.work(14);
  office.add(kStart + 24h, "person3", "cloudtrail.amazonaws.com", "StopLogging").write = true;
  for (int who = 0; who < 9; ++who)
    office
        .add(kAttack + who * 1min, "person" + std::to_string(who), "iam.amazonaws.com",
             office.keep("Create" + std::to_string(who) + "Thing"))
        .write = true;
  BehaviourOptions options;
  options.threshold = 2;
  auto alerts = office.watch(options);
  ASSERT_GE(alerts.size(), 7u);
  EXPECT_GE(alerts[0].first, kAttack);  // the first day is learned
  auto over = std::count_if(alerts.begin(), alerts.end(),
                            [](const BehaviourAlert& alert) { return alert.over_budget; });
  EXPECT_EQ(static_cast<size_t>(over), alerts.size() - 5);

  options.learning = Duration(0);
  EXPECT_LT(office.watch(options)[0].first, kAttack);
}

TEST(BehaviourWatch, TellsOnceADayUnlessItGetsWorse) {
  Office office;
  office.work(14);
  for (int hour = 0; hour < 5; ++hour)
    office
        .add(kAttack + hour * 1h, "person3", "cloudtrail.amazonaws.com",
             office.keep("DeleteThing" + std::to_string(hour)))
        .write = true;
  BehaviourOptions options;
  options.threshold = 1;
  EXPECT_EQ(office.watch(options).size(), 1u);
  for (int i = 0; i < 8; ++i)
    office.add(kAttack + 5h + i * 1min, "person3", "kms.amazonaws.com", "ScheduleKeyDeletion")
        .address = office.keep("45." + std::to_string(i) + ".0.1");
  EXPECT_EQ(office.watch(options).size(), 2u);
}

TEST(BehaviourWatch, LeavesServicesAlone) {
  Office office;
  office.work(14);
  office.add(kAttack, "person3", "cloudtrail.amazonaws.com", "StopLogging").service = true;
  EXPECT_TRUE(office.watch().empty());
  BehaviourOptions options;
  options.services = true;
  EXPECT_EQ(office.watch(options).size(), 1u);
}

TEST(BehaviourWatch, SurvivesClocksAndFloods) {
  Office office;
  for (Timestamp time :
       {Timestamp{Duration(-62'135'596'800'000)}, Timestamp{Duration(0)},
        Timestamp{Duration(1'400'000'000'000)}, Timestamp{Duration(4'070'908'800'000)},
        Timestamp{Duration(253'402'300'799'999)}})
    for (int i = 0; i < 5; ++i) office.add(time, "person1", "", "");
  for (int i = 0; i < 3000; ++i)
    office.add(kStart + i * 1min, "made-up-" + std::to_string(i),
               office.keep(std::string(300, 'x')), office.keep("\xff" + std::to_string(i)));
  BehaviourOptions options;
  options.max_principals = 50;
  options.latest = kStart + 300 * 24h;
  BehaviourTotals totals;
  auto alerts = office.watch(options, &totals);
  EXPECT_EQ(totals.from_the_future, 10u);
  EXPECT_LE(totals.principals - totals.forgotten, 50u);
  EXPECT_GT(totals.passed_over, 0u);  // those of one hour stay
  for (const BehaviourAlert& alert : alerts) EXPECT_FALSE(alert.sentence().empty());
}

TEST(BehaviourWatch, SpendsTheBudgetOnTheWorst) {
  Office office;
  office.work(14);
  auto odd = [&](int who, const char* source, const char* name) {
    Call& call = office.add(kAttack, "person" + std::to_string(who), source, name);
    call.write = true;
    call.address = "45.9.1.2";
  };
  for (int who = 10; who < 15; ++who) odd(who, "sqs.amazonaws.com", "PurgeQueue");
  odd(9, "cloudtrail.amazonaws.com", "StopLogging");  // the last in the order of names
  BehaviourOptions options;
  options.daily_budget = 1;
  auto alerts = office.watch(options);
  ASSERT_GT(alerts.size(), 1u);
  for (const BehaviourAlert& alert : alerts)
    EXPECT_EQ(alert.over_budget, !alert.principal.ends_with("person9")) << alert.principal;
}

TEST(BehaviourWatch, LearnsAnewAfterALongSilence) {
  Office office;
  office.add(kStart - 1000 * 24h, "stray", "ec2.amazonaws.com", "DescribeInstances");
  office.work(3);
  EXPECT_TRUE(office.watch().empty());
}

TEST(BehaviourWatch, CountsAccountsBeyondTheLimitAsOne) {
  Office office;
  for (int i = 0; i < 30; ++i) {
    Call& call = office.add(kStart, "person", "ec2.amazonaws.com", "DescribeInstances");
    call.account = office.keep(std::to_string(100'000'000'000 + i));
  }
  BehaviourOptions options;
  options.max_accounts = 10;
  options.learning = Duration(0);
  options.threshold = -1;
  auto alerts = office.watch(options);
  EXPECT_EQ(std::count_if(alerts.begin(), alerts.end(),
                          [](const BehaviourAlert& alert) { return alert.account == "(other)"; }),
            20);
}

TEST(Effects, AreListed) {
  EXPECT_EQ(effect_of("StopLogging"), "stops or blinds the record");
  EXPECT_EQ(effect_of("DescribeInstances"), "");
  EXPECT_EQ(effect_of(""), "");
}

}  // namespace
}  // namespace cairn::anomaly
