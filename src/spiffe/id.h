// SPIFFE IDs and trust domains (SPIFFE-ID.md sections 2.1 to 2.4).
//
// One spelling each: nothing is normalised, and what is not already in the valid form is rejected.
// Two implementations that normalise differently disagree about who somebody is; that has been an
// authentication bypass in other products. So comparing IDs is comparing bytes.
//
// Errors are kInvalidArgument, show the input and say which rule it breaks.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ward::spiffe {

inline constexpr std::size_t kTrustDomainBytesMax = 255;  // SPIFFE-ID 2.3
inline constexpr std::size_t kSpiffeIdBytesMax = 2048;    // SPIFFE-ID 2.3

class TrustDomain {
 public:
  // The bare name, `example.org`: [a-z0-9.-_], not empty. Whether it looks like a DNS name or an
  // IPv4 address makes no difference (SPIFFE-ID 2.1).
  static Result<TrustDomain> parse(std::string_view name);

  const std::string& name() const { return name_; }
  std::string id() const;  // `spiffe://example.org`, as Workload API maps are keyed

  auto operator<=>(const TrustDomain&) const = default;

 private:
  friend class SpiffeId;
  explicit TrustDomain(std::string name) : name_(std::move(name)) {}
  std::string name_;
};

class SpiffeId {
 public:
  // The whole URI, `spiffe://example.org/service/api`. A path, if there is one, has segments of
  // [a-zA-Z0-9.-_], none empty, `.` or `..`, and no slash at the end. No query, fragment, user,
  // port or percent-encoding.
  static Result<SpiffeId> parse(std::string_view uri);
  // `path` is empty or begins with a slash.
  static Result<SpiffeId> from_path(const TrustDomain& trust_domain, std::string_view path);

  const std::string& text() const { return text_; }
  TrustDomain trust_domain() const { return TrustDomain(std::string(trust_domain_name())); }
  std::string_view trust_domain_name() const;
  std::string_view path() const;  // empty, or begins with a slash
  bool has_path() const { return !path().empty(); }
  bool is_member_of(const TrustDomain& domain) const {
    return trust_domain_name() == domain.name();
  }

  auto operator<=>(const SpiffeId&) const = default;

 private:
  SpiffeId(std::string text, std::size_t path_start)
      : text_(std::move(text)), path_start_(path_start) {}
  std::string text_;
  std::size_t path_start_;  // INVARIANT: follows from text_
};

}  // namespace ward::spiffe

template <>
struct std::hash<ward::spiffe::TrustDomain> {
  std::size_t operator()(const ward::spiffe::TrustDomain& domain) const noexcept {
    return std::hash<std::string>()(domain.name());
  }
};
template <>
struct std::hash<ward::spiffe::SpiffeId> {
  std::size_t operator()(const ward::spiffe::SpiffeId& id) const noexcept {
    return std::hash<std::string>()(id.text());
  }
};
