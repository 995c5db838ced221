// Lists of certificates: concatenated DER, and PEM.
#include "codec/pem.h"
#include "crypto/x509.h"

namespace ward::crypto {
namespace {

// The size of the outermost DER value at the front, which is all that is needed to cut a list
// apart.
Result<std::size_t> value_size(ByteView der) {
  const auto cut_short = invalid_argument("certificate is cut short");
  if (der.size() < 2) return cut_short;
  if (der[0] != 0x30)
    return invalid_argument("certificate begins with byte {:#04x}, expected 0x30", der[0]);
  if (der[1] < 0x80) return std::size_t{2} + der[1];
  const std::size_t octets = der[1] & 0x7fU;
  if (octets == 0 || octets > 3) return invalid_argument("certificate has a malformed length");
  if (der.size() < 2 + octets) return cut_short;
  std::size_t size = 0;
  for (std::size_t i = 0; i < octets; ++i) size = (size << 8) | der[2 + i];
  return 2 + octets + size;
}

Error too_many(std::size_t count_max) {
  return make_error(ErrorCode::kResourceExhausted, "more than {} certificates", count_max);
}

}  // namespace

Result<std::vector<Certificate>> parse_certificates_der(ByteView der, std::size_t count_max) {
  if (der.size() > kCertificateListBytesMax)
    return make_error(ErrorCode::kResourceExhausted,
                      "certificates have {} bytes, expected at most {}", der.size(),
                      kCertificateListBytesMax);
  std::vector<Certificate> certificates;
  while (!der.empty()) {
    if (certificates.size() == count_max) return too_many(count_max);
    WARD_TRY(const std::size_t size, value_size(der));
    if (size > der.size()) return invalid_argument("certificate is cut short");
    WARD_TRY(Certificate certificate, Certificate::parse_der(der.first(size)));
    certificates.push_back(std::move(certificate));
    der = der.subspan(size);
  }
  if (certificates.empty()) return invalid_argument("expected at least one certificate");
  return certificates;
}

Result<std::vector<Certificate>> parse_certificates_pem(std::string_view pem,
                                                        std::size_t count_max) {
  // Base64 with its line breaks is 65/48 of the bytes.
  const codec::PemLimits limits = {.max_bytes = 2 * kCertificateListBytesMax,
                                   .max_blocks = count_max};
  WARD_TRY(const auto blocks, codec::parse_pem(pem, limits));
  std::vector<Certificate> certificates;
  for (const codec::PemBlock& block : blocks) {
    if (block.label != "CERTIFICATE")
      return invalid_argument("PEM block is `{}`, expected `CERTIFICATE`", block.label);
    WARD_TRY(Certificate certificate, Certificate::parse_der(block.bytes));
    certificates.push_back(std::move(certificate));
  }
  return certificates;
}

std::string print_certificates_pem(std::span<const Certificate> certificates) {
  std::string pem;
  for (const Certificate& certificate : certificates)
    pem += codec::write_pem("CERTIFICATE", certificate.der());
  return pem;
}

}  // namespace ward::crypto
