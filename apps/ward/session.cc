#include "ward/session.h"

#include <utility>

#include "crypto/key.h"
#include "crypto/x509.h"
#include "spiffe/bundle.h"
#include "ward/text_input.h"

namespace ward::cli {
namespace {

constexpr std::size_t kReceiveBytesMax = std::size_t{64} << 20;  // a receipt names many holders

grpc::ChannelOptions channel_options() {
  grpc::ChannelOptions options;
  options.limits.receive_bytes_max = kReceiveBytesMax;
  return options;
}

constexpr std::string_view kServerPath = "/ward/server";

// `host:port`, the port after the last colon, brackets around an IPv6 address.
Result<std::pair<std::string, std::uint16_t>> split_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const auto port =
      colon == std::string_view::npos ? std::nullopt : parse_port(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon == std::string_view::npos ? 0 : colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!port || host.empty()) return invalid_argument("expected --server HOST:PORT, got `{}`", text);
  return std::pair(std::string(host), *port);
}

}  // namespace

Session::Session(const Target& target) : target_(target) {}

Session::~Session() {
  channel_.reset();
  handshake_.cancel();
}

Result<std::unique_ptr<Session>> Session::open(const Target& target) {
  std::unique_ptr<Session> session(new Session(target));
  WARD_RETURN_IF_ERROR(target.server.empty() ? session->use_socket() : session->use_tls());
  return session;
}

Result<void> Session::use_socket() {
  where_ = target_.socket;
  channel_ = std::make_unique<grpc::Channel>(
      loop_, random_, grpc::unix_connector(loop_, target_.socket), channel_options());
  return {};
}

Result<void> Session::use_tls() {
  where_ = target_.server;
  WARD_TRY(const auto address, split_address(target_.server));
  if (target_.certificate_file.empty() || target_.key_file.empty() || target_.bundle_file.empty()) {
    return invalid_argument("--server needs --svid, --key and --bundle");
  }
  WARD_TRY(auto chain, read_certificates(target_.certificate_file));
  WARD_TRY(crypto::PrivateKey key, read_private_key(target_.key_file));
  WARD_TRY(auto bundles, read_bundle_for(chain, target_.bundle_file));
  WARD_TRY(auto material,
           net::TlsMaterial::with_identity(std::move(chain), std::move(key), std::move(bundles)));
  material_.emplace(std::move(material));
  net::TlsClientOptions options;
  options.verify = net::VerifySpiffe{.authorize = [](const spiffe::SpiffeId& id) -> Result<void> {
    if (id.path() == kServerPath) return {};
    return make_error(ErrorCode::kPermissionDenied, "expected a Ward server, got `{}`", id.text());
  }};
  options.alpn = {"h2"};
  tls_ = std::make_unique<net::TlsClient>(loop_, *material_, std::move(options));
  grpc::ChannelOptions channel = channel_options();
  channel.is_tls = true;
  channel.authority = address.first;
  channel_ = std::make_unique<grpc::Channel>(
      loop_, random_,
      [this, address](net::ConnectCallback done) {
        return net::connect_tcp(
            loop_, address.first, address.second, {},
            [this, done = std::move(done)](Result<std::unique_ptr<net::Stream>> stream) mutable {
              if (!stream.ok()) return done(std::move(stream));
              handshake_ = tls_->connect(std::move(stream).value(), std::move(done));
            });
      },
      std::move(channel));
  return {};
}

}  // namespace ward::cli
