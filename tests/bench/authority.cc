// Issuing: what the authority costs beside the signatures themselves, which are its physical limit.
// Limit and figure are measured in alternation within one run, so a busy machine slows both.
#include <time.h>

#include <chrono>

#include "authority/authority.h"
#include "authority/file_key_sealer.h"
#include "authority/key_maker.h"
#include "authority/key_proof.h"
#include "os/random.h"
#include "os/testing/memory_file_system.h"
#include "tests/bench/row.h"

namespace ward::bench {
namespace {

using namespace std::chrono_literals;
using authority::KeyProofPurpose;
using crypto::PrivateKey;
using crypto::SignatureScheme;

struct Rates {
  double value = 0;
  double limit = 0;
};

// Of this thread: the path neither waits nor sleeps, and other processes do not count.
double cpu_seconds() {
  timespec time{};
  WARD_CHECK(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Calls a second of a core, over `rounds` of alternating batches.
template <typename Work, typename Limit>
Rates measure(int rounds, int batch, Work&& work, Limit&& limit) {
  double work_time = 0, limit_time = 0;
  for (int round = 0; round < rounds; ++round) {
    const double start = cpu_seconds();
    for (int i = 0; i < batch; ++i) work();
    const double middle = cpu_seconds();
    for (int i = 0; i < batch; ++i) limit();
    work_time += middle - start;
    limit_time += cpu_seconds() - middle;
  }
  const double calls = static_cast<double>(rounds) * batch;
  return {calls / work_time, calls / limit_time};
}

// An authority on its first keys.
class Issuing {
 public:
  Issuing() {
    for (const auto kind : {world::KeyKind::kX509, world::KeyKind::kJwt}) {
      world::KeySlot slot = maker_.prepared(kind, now_).value();
      slot.status = world::KeyStatus::kActive;
      slots_.push_back(std::move(slot));
    }
    authority_ = authority::Authority::make(authority::KeySlots::of(slots_).value(), *sealer_,
                                            {.trust_domain = domain_}, random_)
                     .value();
  }

  // What IssueX509 costs the server: the key proof is verified, the certificate signed.
  void x509(std::string_view registration, ByteView spki, ByteView proof) const {
    const auto key =
        authority::verify_key_proof(KeyProofPurpose::kX509Svid, registration, spki, proof);
    WARD_CHECK(authority_->issue_x509_svid(subject_, key.value(), now_).ok());
  }
  void jwt() const { WARD_CHECK(authority_->issue_jwt_svid(subject_, audience_, now_).ok()); }

 private:
  WallTime now_{std::chrono::seconds{1'700'000'000}};
  os::SystemRandom random_;
  spiffe::TrustDomain domain_ = spiffe::TrustDomain::parse("example.org").value();
  os::testing::MemoryFileSystem files_;
  std::unique_ptr<authority::FileKeySealer> sealer_ =
      authority::FileKeySealer::open(files_, "kek", random_).value();
  authority::KeyMaker maker_ =
      authority::KeyMaker::make({.trust_domain = domain_}, *sealer_, random_).value();
  std::vector<world::KeySlot> slots_;
  std::shared_ptr<const authority::Authority> authority_;
  authority::Subject subject_{
      .id = spiffe::SpiffeId::parse("spiffe://example.org/ns/payments/sa/api").value()};
  std::vector<std::string> audience_{"spiffe://example.org/ns/payments/sa/db"};
};

void run(bool is_quick) {
  const int rounds = is_quick ? 40 : 400;
  const int batch = 50;
  const Issuing issuing;
  const PrivateKey asker = PrivateKey::generate(crypto::KeyType::kP256).value();
  const PrivateKey signer = PrivateKey::generate(crypto::KeyType::kP256).value();
  const Bytes spki = to_bytes(asker.public_key().spki_der());
  const Bytes proof = authority::make_key_proof(KeyProofPurpose::kX509Svid, "api", asker).value();
  const Bytes text = authority::key_proof_text(KeyProofPurpose::kX509Svid, "api", spki);
  const auto sign = [&] { WARD_CHECK(signer.sign(SignatureScheme::kEs256, text).ok()); };
  const auto verify = [&] {
    WARD_CHECK(asker.public_key().verify(SignatureScheme::kEs256Der, text, proof).ok());
  };

  const Rates x509 = measure(
      rounds, batch, [&] { issuing.x509("api", spki, proof); },
      [&] {
        verify();
        sign();
      });
  print_row({.name = "authority/x509_svid",
             .value = x509.value,
             .unit = "1/s",
             .limit = x509.limit,
             .peer = 2200,
             .goal = ratio_at_least(0.75)});
  const Rates jwt = measure(rounds, batch, [&] { issuing.jwt(); }, sign);
  print_row({.name = "authority/jwt_svid",
             .value = jwt.value,
             .unit = "1/s",
             .limit = jwt.limit,
             .peer = 2000,
             .goal = ratio_at_least(0.75)});
}

}  // namespace
}  // namespace ward::bench

int main(int argc, char** argv) {
  ward::bench::run(ward::bench::is_quick(argc, argv));
  return 0;
}
