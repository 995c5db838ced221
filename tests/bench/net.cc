// The transport: round trips over a Unix socket beside a bare blocking echo, and mutual TLS
// handshakes beside OpenSSL alone with the same certificates.
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include "crypto/testing/certificates.h"
#include "net/listener.h"
#include "net/testing/memory_stream.h"
#include "net/testing/simulated_loop.h"
#include "net/tls/client.h"
#include "net/tls/server.h"
#include "tests/bench/row.h"

namespace ward::net {
namespace {

using crypto::testing::Credential;
constexpr std::size_t kMessageSize = 64;

double thread_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double wall_seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

struct EchoFigures {
  double round_trips_per_second = 0;
  double server_ns_per_message = 0;
};

// Blocking round trips of a client on its own thread's descriptor.
double ping(int fd, int rounds) {
  Bytes message(kMessageSize);
  const double start = wall_seconds();
  for (int i = 0; i < rounds; ++i) {
    if (::send(fd, message.data(), message.size(), 0) != static_cast<ssize_t>(message.size()))
      std::abort();
    if (::recv(fd, message.data(), message.size(), MSG_WAITALL) !=
        static_cast<ssize_t>(message.size()))
      std::abort();
  }
  return rounds / (wall_seconds() - start);
}

// The limit: what the kernel alone takes. Waits for readiness as any event loop must.
EchoFigures bare_echo(int rounds) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) std::abort();
  EchoFigures figures;
  std::jthread server([&] {
    Bytes message(kMessageSize);
    for (pollfd wait{ends[1], POLLIN, 0}; poll(&wait, 1, -1) == 1;) {
      const auto size = ::recv(ends[1], message.data(), message.size(), MSG_DONTWAIT);
      if (size <= 0) break;
      if (::send(ends[1], message.data(), static_cast<std::size_t>(size), 0) != size) std::abort();
    }
    figures.server_ns_per_message = thread_cpu_seconds() * 1e9 / rounds;
  });
  figures.round_trips_per_second = ping(ends[0], rounds);
  ::close(ends[0]);
  server.join();
  ::close(ends[1]);
  return figures;
}

void echo(Stream& stream, SystemLoop& loop) {
  stream.read([&](Result<ByteView> bytes) {
    if (!bytes.ok() || bytes->empty()) return loop.stop();
    stream.write(to_bytes(*bytes), [](Result<void>) {});
    echo(stream, loop);
  });
}

EchoFigures ward_echo(int rounds) {
  const std::string path = "/tmp/ward_bench_net." + std::to_string(getpid());
  EchoFigures figures;
  std::atomic<bool> is_listening = false;
  std::jthread server([&] {
    const SystemClock clock;
    SystemLoop loop(clock);
    std::unique_ptr<Stream> stream;
    auto listener = listen_unix(loop, path, 0600, {}, [&](std::unique_ptr<Stream> accepted) {
      stream = std::move(accepted);
      echo(*stream, loop);
    });
    if (!listener.ok()) std::abort();
    is_listening = true;
    is_listening.notify_one();
    const double before = thread_cpu_seconds();
    loop.run();
    figures.server_ns_per_message = (thread_cpu_seconds() - before) * 1e9 / rounds;
  });
  is_listening.wait(false);
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) std::abort();
  figures.round_trips_per_second = ping(fd, rounds);
  ::close(fd);
  server.join();  // it writes its figure when it ends
  return figures;
}

struct Identities {
  Credential root = crypto::testing::make_root(crypto::testing::ca_spec("spiffe://example.org"));
  Credential server =
      crypto::testing::make_issued(crypto::testing::leaf_spec("spiffe://example.org/server"), root);
  Credential client =
      crypto::testing::make_issued(crypto::testing::leaf_spec("spiffe://example.org/client"), root);
};

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Context = std::unique_ptr<SSL_CTX, SslFree>;

// OpenSSL as one would set it up by hand: its own verification below the root, no resumption.
Context bare_context(const Credential& own, const Credential& root) {
  Context context(SSL_CTX_new(TLS_method()));
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set1_groups_list(context.get(), "X25519");
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  const auto der = own.certificate.der();
  SSL_CTX_use_certificate_ASN1(context.get(), static_cast<int>(der.size()), der.data());
  const auto key = own.key.pkcs8_der();
  SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, context.get(), key.view().data(),
                              static_cast<long>(key.size()));
  const auto root_der = root.certificate.der();
  const auto* bytes = root_der.data();
  const std::unique_ptr<X509, SslFree> parsed(
      d2i_X509(nullptr, &bytes, static_cast<long>(root_der.size())));
  X509_STORE* const store = SSL_CTX_get_cert_store(context.get());
  X509_STORE_add_cert(store, parsed.get());
  X509_VERIFY_PARAM* const parameters = X509_STORE_get0_param(store);
  X509_VERIFY_PARAM_set_time(parameters, std::chrono::duration_cast<std::chrono::seconds>(
                                             crypto::testing::kNow.time_since_epoch())
                                             .count());
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_ANY);
  return context;
}

// Both ends in one thread, so the figure is client and server together.
double bare_handshakes_per_second(const Identities& who, int count) {
  const auto server_context = bare_context(who.server, who.root);
  const auto client_context = bare_context(who.client, who.root);
  const double start = thread_cpu_seconds();
  for (int i = 0; i < count; ++i) {
    const std::unique_ptr<SSL, SslFree> server(SSL_new(server_context.get()));
    const std::unique_ptr<SSL, SslFree> client(SSL_new(client_context.get()));
    BIO *server_wire = nullptr, *client_wire = nullptr;
    BIO_new_bio_pair(&server_wire, 32'768, &client_wire, 32'768);
    SSL_set_bio(server.get(), server_wire, server_wire);
    SSL_set_bio(client.get(), client_wire, client_wire);
    bool is_server_done = false, is_client_done = false;
    for (int step = 0; step < 5 && !(is_server_done && is_client_done); ++step) {
      is_client_done = SSL_connect(client.get()) == 1;
      is_server_done = SSL_accept(server.get()) == 1;
    }
    if (!is_server_done || !is_client_done) std::abort();
  }
  return count / (thread_cpu_seconds() - start);
}

std::shared_ptr<const TlsMaterial> material(const Credential& own, const Credential& root) {
  spiffe::X509BundleSet bundles;
  bundles.set({.trust_domain = spiffe::TrustDomain::parse("example.org").value(),
               .authorities = {root.certificate}});
  return TlsMaterial::with_identity({own.certificate}, own.key, std::move(bundles)).value();
}

double ward_handshakes_per_second(const Identities& who, int count) {
  ManualClock clock;
  testing::SimulatedLoop loop(clock);
  const TlsMaterialSource server_source(material(who.server, who.root));
  const TlsMaterialSource client_source(material(who.client, who.root));
  TlsServer server(loop, server_source, {});
  TlsClient client(loop, client_source, {});
  const double start = thread_cpu_seconds();
  for (int i = 0; i < count; ++i) {
    auto [client_wire, server_wire] = testing::make_memory_streams(loop);
    std::unique_ptr<Stream> accepted, connected;
    server.accept(std::move(server_wire),
                  [&](auto stream) { accepted = std::move(stream).value(); });
    const auto attempt = client.connect(
        std::move(client_wire), [&](auto stream) { connected = std::move(stream).value(); });
    loop.run();
    if (!accepted || !connected) std::abort();
  }
  return count / (thread_cpu_seconds() - start);
}

void run(bool is_quick) {
  const int rounds = is_quick ? 5'000 : 200'000;
  const auto bare = bare_echo(rounds);
  const auto ours = ward_echo(rounds);
  bench::print_row({.name = "net/unix_echo/round_trips",
                    .value = ours.round_trips_per_second,
                    .unit = "1/s",
                    .limit = bare.round_trips_per_second,
                    .peer = {}});
  bench::print_row({.name = "net/unix_echo/server_cpu",
                    .value = ours.server_ns_per_message,
                    .unit = "ns",
                    .limit = bare.server_ns_per_message,
                    .peer = {}});
  const Identities who;
  const int handshakes = is_quick ? 150 : 3000;
  bench::print_row({.name = "net/mtls_handshake/both_ends",
                    .value = ward_handshakes_per_second(who, handshakes),
                    .unit = "1/s",
                    .limit = bare_handshakes_per_second(who, handshakes),
                    .peer = {}});
}

}  // namespace
}  // namespace ward::net

int main(int argc, char** argv) {
  ward::net::run(ward::bench::is_quick(argc, argv));
}
