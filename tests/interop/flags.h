// `--name value` flags and PEM files of the interoperability programs.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "codec/pem.h"
#include "crypto/key.h"
#include "crypto/x509.h"
#include "net/tls/material.h"

namespace ward::interop {

class Flags {
 public:
  Flags(int argc, char** argv) {
    for (int i = 1; i + 1 < argc; i += 2) values_[argv[i]] = argv[i + 1];
  }
  std::string get(const std::string& name, const std::string& otherwise = "") const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }
  std::uint16_t port() const {
    return static_cast<std::uint16_t>(std::atoi(get("--port", "0").c_str()));
  }

 private:
  std::map<std::string, std::string> values_;
};

inline std::string read_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline Result<std::shared_ptr<const net::TlsMaterial>> load_identity(const std::string& chain_path,
                                                                     const std::string& key_path) {
  WARD_TRY(auto chain, crypto::parse_certificates_pem(read_text(chain_path)));
  WARD_TRY(const Bytes der, codec::parse_one_pem(read_text(key_path), "PRIVATE KEY"));
  WARD_TRY(auto key, crypto::PrivateKey::from_pkcs8_der(SecretBytes(der)));
  return net::TlsMaterial::with_identity(std::move(chain), std::move(key), {});
}

}  // namespace ward::interop
