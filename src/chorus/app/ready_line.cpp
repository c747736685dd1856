#include "chorus/app/ready_line.hpp"

#include "chorus/base/json_writer.hpp"

namespace chorus::app {

std::string ReadyLine::to_json() const {
  std::string text;
  JsonWriter out(text);
  out.begin_object().field("ready", true).field("listen", listen).field("telegram", telegram);
  out.field("matrix", matrix).field("llm", llm).field("control", control).end_object();
  return text;
}

}  // namespace chorus::app
