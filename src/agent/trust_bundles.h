// The trust bundle that the view holds, in the forms that are handed out; kept in the data
// directory and in the TLS material as it changes.
//
// Loop thread. Everything it is given outlives it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/agent_view.h"
#include "base/log.h"
#include "spiffe/bundle.h"

namespace ward::agent {

class TrustBundles {
 public:
  using Changed = std::function<void(const spiffe::X509Bundle&)>;

  // `changed` is called when the CA certificates change; never with none of them, so that a view
  // that is wrong cannot make the node forget whom it trusts.
  TrustBundles(AgentView& view, spiffe::TrustDomain trust_domain, Log log, Changed changed);

  // Concatenated DER, and a JWK Set; empty until the view has a Base.
  const Bytes& x509_der() const { return x509_der_; }
  const std::string& jwks() const { return jwks_; }
  const spiffe::X509BundleSet& x509() const { return x509_; }
  const spiffe::JwtBundleSet& jwt() const { return jwt_; }
  std::string trust_domain_id() const { return trust_domain_.id(); }
  bool is_empty() const { return x509_der_.empty(); }

 private:
  void refresh();

  AgentView& view_;
  spiffe::TrustDomain trust_domain_;
  Log log_;
  Changed changed_;
  std::vector<world::KeySlot> slots_;  // that the below is of
  Bytes x509_der_;
  std::string jwks_;
  spiffe::X509BundleSet x509_;
  spiffe::JwtBundleSet jwt_;
};

}  // namespace ward::agent
