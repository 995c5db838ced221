// Where a reader stands in a JSON document, for messages. Private to policy_json/.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "codec/json.h"

namespace ward::cedar {

// `staticPolicies.policy0.conditions[0].body.==.left`. Steps are taken and undone in turn, so that
// following a document costs no more than its steps.
class JsonPlace {
 public:
  // Undoes its step when it goes.
  class [[nodiscard]] Step {
   public:
    Step(std::string& path, std::size_t length) : path_(path), length_(length) {}
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;
    ~Step() { path_.resize(length_); }

   private:
    std::string& path_;
    std::size_t length_;
  };

  Step into(std::string_view member);
  Step into(std::size_t index);

  // Steps that only return_to() undoes: for walks that take many before they come back.
  void go(std::string_view member);
  std::size_t depth() const { return path_.size(); }
  void return_to(std::size_t depth) { path_.resize(depth); }

  const std::string& path() const { return path_; }

  // Errors at this place, kInvalidArgument; nothing is put before them at the outermost.
  template <typename... Args>
  Error fail(fmt::format_string<Args...> format, Args&&... args) const {
    return at_place(
        {ErrorCode::kInvalidArgument, fmt::format(format, std::forward<Args>(args)...)});
  }
  Error expected(std::string_view what, const codec::Json& got) const;
  Error at_place(const Error& error) const;

  // A member that must be there.
  Result<const codec::Json*> member(const codec::JsonObject& object, std::string_view name) const;
  Result<const codec::JsonObject*> object(const codec::Json& json, std::string_view what) const;
  Result<const codec::JsonArray*> array(const codec::Json& json) const;
  Result<const std::string*> string(const codec::Json& json) const;
  // An error for the first member that is not among the names.
  Result<void> only(const codec::JsonObject& object,
                    std::initializer_list<std::string_view> names) const;

 private:
  std::string path_;
};

}  // namespace ward::cedar
