// Result<T>: a value or an Error; nodiscard, so that a failure cannot be dropped by accident.
//
//   Result<Port> parse_port(std::string_view text);
//
//   Result<void> listen(std::string_view text) {
//     WARD_TRY(const Port port, parse_port(text));
//     WARD_RETURN_IF_ERROR(bind(port));
//     return {};
//   }
//
// Own type, not std::expected: that of GCC 12 is not nodiscard and has no monadic operations.
#pragma once

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/error.h"

namespace ward {

template <typename T>
class [[nodiscard]] Result {
 public:
  using Value = T;

  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  template <typename U = T>
    requires(std::constructible_from<T, U &&> && !std::same_as<std::remove_cvref_t<U>, Result> &&
             !std::same_as<std::remove_cvref_t<U>, Error> && std::convertible_to<U &&, T>)
  Result(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // The caller has checked ok(); anything else is a bug.
  T& value() & { return check_value(), *std::get_if<0>(&state_); }
  const T& value() const& { return check_value(), *std::get_if<0>(&state_); }
  T&& value() && { return check_value(), std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return check_error(), *std::get_if<1>(&state_); }
  Error&& error() && { return check_error(), std::move(*std::get_if<1>(&state_)); }

  // The same failure seen from further out.
  Result in(std::string_view context) && {
    if (ok()) return std::move(*this);
    return error().in(context);
  }

 private:
  void check_value() const { WARD_CHECK(state_.index() == 0); }
  void check_error() const { WARD_CHECK(state_.index() == 1); }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using Value = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  void value() const { WARD_CHECK(ok()); }
  const Error& error() const& { return check_error(), *error_; }
  Error&& error() && { return check_error(), std::move(*error_); }

  Result in(std::string_view context) && {
    if (ok()) return {};
    return error_->in(context);
  }

 private:
  void check_error() const { WARD_CHECK(error_.has_value()); }

  std::optional<Error> error_;
};

}  // namespace ward

#define WARD_INTERNAL_CONCAT2(a, b) a##b
#define WARD_INTERNAL_CONCAT(a, b) WARD_INTERNAL_CONCAT2(a, b)
#define WARD_INTERNAL_TRY(temporary, declaration, ...)      \
  auto temporary = (__VA_ARGS__);                           \
  if (!temporary.ok()) return std::move(temporary).error(); \
  declaration = std::move(temporary).value()

// WARD_TRY(declaration, expression): the value, or return the error.
#define WARD_TRY(declaration, ...) \
  WARD_INTERNAL_TRY(WARD_INTERNAL_CONCAT(ward_try_, __COUNTER__), declaration, __VA_ARGS__)

#define WARD_RETURN_IF_ERROR(...)                            \
  do {                                                       \
    if (auto ward_status = (__VA_ARGS__); !ward_status.ok()) \
      return std::move(ward_status).error();                 \
  } while (false)
