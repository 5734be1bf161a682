// Records inside strings (lookup-events, CloudWatch Logs): the bytes are put, escaped, where a
// record should be, between two good ones. Both good ones must come, whatever is between them.

#include "base/check.h"
#include "cloudtrail/cloudtrail.h"
#include "formats/json_writer.h"
#include "reader_world.h"
#include "sys/files.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace cairn;

class NamingSink : public cloudtrail::EventSink {
 public:
  NamingSink(const FieldTable& fields, SlotId name) : fields_(fields), name_(name) {}
  void on_event(const Event& event) override {
    for (SlotId slot = 0; slot < fields_.size(); ++slot) touched += event.all(slot).size();
    names.emplace_back(event.text(name_));
  }
  void on_quarantine(QuarantineEntry) override {}
  std::vector<std::string> names;
  size_t touched = 0;

 private:
  const FieldTable& fields_;
  SlotId name_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static ReaderWorld world;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (bool lookup : {true, false}) {
    std::string text =
        lookup ? "{\"Events\":[" : "{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[";
    for (std::string_view record :
         {std::string_view(R"({"eventName":"First","eventSource":"s"})"), bytes,
          std::string_view(R"({"eventName":"Last","eventSource":"s"})")}) {
      if (text.back() == '}') text += ",";
      text += lookup ? R"({"EventId":"1","CloudTrailEvent":)" : R"({"id":"1","message":)";
      append_json_string(text, record);
      text += "}";
    }
    text += "]}";
    NamingSink sink(world.fields, world.standard.event_name);
    cloudtrail::Reader(world.files, world.fields, world.standard, {}).read_text("fuzz", text, sink);
    CAIRN_CHECK(sink.names.size() >= 2 && sink.names.size() <= 3);
    CAIRN_CHECK(sink.names.front() == "First" && sink.names.back() == "Last");
  }
  return 0;
}
