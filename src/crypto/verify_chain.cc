// Path validation by OpenSSL's X509_verify_cert.
#include <openssl/x509_vfy.h>

#include <algorithm>

#include "crypto/certificate_internal.h"

namespace ward::crypto {
namespace {

using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>>;
// Holds no references: the certificates outlive the verification.
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using StackPtr = std::unique_ptr<STACK_OF(X509), FreeStack>;

// Security level 2 is 112 bits: no SHA-1 or MD5 signature in the path, no RSA below 2048 bits.
constexpr int kSecurityLevel = 2;

// STRICT: what RFC 5280 demands of issuers is demanded here (key identifiers, critical basic
// constraints, version 3), because such certificates are the ones that parsers read differently.
constexpr unsigned long kFlags = X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN;

StackPtr stack_of(std::span<const Certificate> certificates) {
  StackPtr stack(sk_X509_new_null());
  WARD_CHECK(stack != nullptr);
  for (const Certificate& certificate : certificates)
    WARD_CHECK(sk_X509_push(stack.get(), CertificateAccess::x509(certificate)) > 0);
  return stack;
}

void set_parameters(X509_STORE_CTX* context, WallTime now, const ChainOptions& options) {
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  X509_VERIFY_PARAM_set_time(parameters, static_cast<std::time_t>(seconds.count()));
  X509_VERIFY_PARAM_set_depth(parameters, static_cast<int>(options.intermediates_max));
  X509_VERIFY_PARAM_set_auth_level(parameters, kSecurityLevel);
  WARD_CHECK(X509_VERIFY_PARAM_set_flags(parameters, kFlags) == 1);
}

Certificate find_certificate(const X509* x509, const Certificate& leaf,
                             std::span<const Certificate> intermediates,
                             std::span<const Certificate> roots) {
  const auto is_same = [x509](const Certificate& one) {
    return CertificateAccess::x509(one) == x509;
  };
  if (is_same(leaf)) return leaf;
  for (const auto list : {intermediates, roots}) {
    if (const auto it = std::ranges::find_if(list, is_same); it != list.end()) return *it;
  }
  WARD_UNREACHABLE();
}

bool allows_usages(const Certificate& certificate, std::span<const ExtendedKeyUsage> required) {
  const auto& allowed = certificate.info().extended_key_usages;
  if (allowed.empty() || std::ranges::find(allowed, ExtendedKeyUsage::kAny) != allowed.end())
    return true;
  return std::ranges::all_of(required, [&allowed](ExtendedKeyUsage usage) {
    return std::ranges::find(allowed, usage) != allowed.end();
  });
}

Error no_path(std::string_view reason, const Certificate& at) {
  return make_error(ErrorCode::kUnauthenticated,
                    "certificate chain is not valid: {}, at the certificate with subject `{}`",
                    reason, at.info().subject);
}

}  // namespace

Result<std::vector<Certificate>> verify_chain(const Certificate& leaf,
                                              std::span<const Certificate> intermediates,
                                              std::span<const Certificate> roots, WallTime now,
                                              const ChainOptions& options) {
  if (intermediates.size() > options.intermediates_max)
    return invalid_argument("certificate chain has {} intermediates, expected at most {}",
                            intermediates.size(), options.intermediates_max);
  const StackPtr untrusted = stack_of(intermediates);
  const StackPtr trusted = stack_of(roots);
  const StoreContextPtr context(X509_STORE_CTX_new());
  WARD_CHECK(context != nullptr &&
             X509_STORE_CTX_init(context.get(), nullptr, CertificateAccess::x509(leaf),
                                 untrusted.get()) == 1);
  X509_STORE_CTX_set0_trusted_stack(context.get(), trusted.get());
  set_parameters(context.get(), now, options);
  if (X509_verify_cert(context.get()) != 1) {
    ERR_clear_error();
    const X509* at = X509_STORE_CTX_get_current_cert(context.get());
    return no_path(X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())),
                   at == nullptr ? leaf : find_certificate(at, leaf, intermediates, roots));
  }
  std::vector<Certificate> path;
  STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 0; i < sk_X509_num(chain); ++i)
    path.push_back(find_certificate(sk_X509_value(chain, i), leaf, intermediates, roots));
  // A partial chain may be one certificate long, when the leaf itself is among the roots. A root
  // vouches for others; it does not authenticate.
  if (path.size() < 2) return no_path("leaf is itself a root", leaf);
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    if (!allows_usages(path[i], options.required_usages))
      return no_path("a required extended key usage is not allowed", path[i]);
  }
  return path;
}

}  // namespace ward::crypto
