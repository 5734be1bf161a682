#pragma once

// What can happen in the organisation, as text: content/simulate/catalog.txt says which services
// exist and what their calls look like, daily-life.txt what people and machines do all day,
// attacks.txt what intruders do. This room's other files only play it.
//
// Lines that start in column one begin something; indented lines continue it ('\' at a line's end
// keeps the blank before it). '#' starts a comment line.
//
//   service NAME version=1.10 [global] [layout=plain|late|shared] [api=2016-11-15] [host=TEMPLATE]
//   call SERVICE NAME [read] [data|service-event] [named=EVENT]
//   > requestParameters             a call's parts are JSON templates; absent ones are null
//   < responseElements              or left out
//   + additionalEventData
//   @ resources
//   * serviceEventDetails
//   % HOST                          of this call, when it is not the service's
//   ! PERCENT CODE message          an error that happens by itself; 0: when a step asks for it
//   explore SERVICE NAME...         reading calls that somebody may try for the first time
//   error CODE message              one that people run into when they try something
//
//   value NAME TEMPLATE             what <NAME> is when nothing else says so
//   inventory NAME COUNT global|regional TEMPLATE
//                                   things that an account has; <NAME> picks one
//   script NAME                     calls that belong together
//     STEP
//   machine NAME KIND key=value ... small=, medium=, large= count them; in= names environments;
//     run SCRIPT TIMES-A-DAY [xN-M] regions=home|elsewhere|all; machines.cc has the kinds. A run is
//                                   one long session: the script is played N to M times in a row
//   person NAME share=PERCENT home=ENVIRONMENT permissions=SET [role=ROLE in=ENVIRONMENT]
//     console|terminal SCRIPT WEIGHT
//     elsewhere SCRIPT WEIGHT       in `role` of the environment `in`, which the person assumes
//   attack NAME Description.
//     in ENVIRONMENT
//     tactics TACTIC ...            of ATT&CK, in order
//     let NAME TEMPLATE             holds for the whole attack
//     who NAME KIND key=value ...   assault.cc has the kinds
//     STEP | techniques | detections
//
//   STEP: [GAP] [WHO] SERVICE CALL [xN[-M]] [every=GAP] [@REGION] [!ERROR] [via=HOST]
//   [becomes=PART] [NAME=TEMPLATE ...]
//     GAP is the time since the step before: 20s, 5m, 1h, 300ms. xN-M repeats the call. `via` says
//     which AWS service makes the call for WHO, `becomes` whose session it begins. `named` is the
//     eventName when a call has two shapes. A detection CODE/agent or CODE/address is expected only
//     when the intruder's own agent or address shows.

#include "simulate/simulate.h"
#include "simulate/template.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::simulate {

/// In which order a service writes the members of its records.
enum class Layout : uint8_t {
  kPlain,   // ... managementEvent, recipientAccountId, sharedEventID, vpcEndpointId, eventCategory,
            // tlsDetails
  kLate,    // ... managementEvent, eventCategory, recipientAccountId, sharedEventID, tlsDetails
  kShared,  // ... recipientAccountId, eventCategory, tlsDetails, sharedEventID
};

struct Service {
  std::string name;     // "ec2"
  std::string version;  // "1.10"
  int minor = 8;        // of the version: 10
  std::string api;      // apiVersion; may be empty
  Layout layout = Layout::kPlain;
  bool global = false;  // recorded in us-east-1
  Template host;        // tlsDetails.clientProvidedHostHeader
};

struct CallError {
  uint64_t per_mille = 0;  // how often it happens by itself
  std::string code;
  Template message;
};

struct Call {
  const Service* service = nullptr;
  std::string name;
  bool read_only = false;
  bool data = false;
  bool service_event = false;
  Template request, response, additional, resources, details;  // empty: null or absent
  Template host;                                               // empty: the service's
  std::vector<CallError> errors;
};

/// An error that any call may come to.
struct CommonError {
  std::string code;
  Template message;
};

struct Binding {
  Slot slot = 0;
  Template value;
};

struct Step {
  int64_t gap_ms = -1;  // since the step before; -1: as the player thinks fit
  size_t who = 0;       // index into the script's cast
  const Call* call = nullptr;
  int64_t least = 1, most = 1;  // repetitions
  int64_t every_ms = -1;
  std::string region;             // empty: the player's
  std::string error;              // "", "denied", or a code of the call
  std::string via;                // service name; may be empty
  std::optional<size_t> becomes;  // index into the cast: whose credentials this call hands out
  std::vector<Binding> with;
  std::string techniques, detections;  // attacks only; blank-separated
};

/// Calls that belong together. cast[0] is the player; other names are resolved by the player.
struct Script {
  std::string name;
  std::vector<std::string> cast;
  std::vector<Step> steps;
  /// Returns the mean number of records of one performance.
  double mean_records() const;
};

using Options = std::map<std::string, std::string, std::less<>>;

/// Returns an option's text or number, or what is given when it is absent.
std::string option_text(const Options& options, std::string_view name,
                        std::string_view otherwise = "");
int64_t option_number(const Options& options, std::string_view name, int64_t otherwise);

struct Inventory {
  Slot slot = 0;
  size_t count = 0;  // in a small organisation
  bool global = false;
  Template name;
};

struct Machine {
  std::string name, kind;
  Options options;
  struct Run {
    const Script* script = nullptr;
    int64_t a_day = 0;
    int64_t least = 1, most = 1;  // performances in a row
  };
  std::vector<Run> runs;
};

struct PersonKind {
  std::string name;
  Options options;
  enum class Place : uint8_t { kConsole, kTerminal, kElsewhere };
  struct Habit {
    const Script* script = nullptr;
    Place place = Place::kConsole;
    uint64_t weight = 0;
  };
  std::vector<Habit> habits;
};

/// A part in an attack.
struct Part {
  std::string name, kind;
  std::map<std::string, Template, std::less<>> options;
};

struct Attack {
  std::string name, description, environment;
  std::string tactics;  // blank-separated
  std::vector<Binding> lets;
  std::vector<Part> parts;  // parts[i] plays script.cast[i]
  Script script;
};

/// Everything, parsed once. Immutable and shared by all threads after that.
struct Playbook {
  Names names;
  std::map<std::string, Service, std::less<>> services;
  std::map<std::string, Call, std::less<>> calls;  // "ec2 CreateTags"
  std::vector<const Call*> explorations;           // by service, then in the order of the text
  std::vector<CommonError> common_errors;
  std::vector<Template> values;  // by slot; empty ones were not given
  std::vector<Inventory> inventories;
  std::map<std::string, Script, std::less<>> scripts;
  std::vector<Machine> machines;
  std::vector<PersonKind> people;
  std::vector<Attack> attacks;

  /// Returns a call by "service Name"; its absence is a fault of the playbook.
  const Call& call(std::string_view name) const;
  /// Returns the value of that name; its absence is a fault of the playbook.
  const Template& value(std::string_view name) const;
};

/// Returns the playbook. A mistake in its text ends the program with the file and line; the tests
/// play all of it.
const Playbook& playbook();

/// Parses `300ms`, `20s`, `5m`, `1h`; -1 when it is none.
int64_t parse_gap_ms(std::string_view text);

}  // namespace cairn::simulate
