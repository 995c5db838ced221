#include "net/tls/client.h"

#include <utility>

#include "net/tls/context.h"
#include "net/tls/session.h"
#include "net/tls/verify.h"

namespace ward::net {
namespace {

// Until the attempt is made: its error, later and once.
Attempt fail_later(Loop& loop, Error error, ConnectCallback done) {
  auto shared = std::make_shared<ConnectCallback>(std::move(done));
  loop.post([shared, error = std::move(error)]() mutable {
    if (auto callback = std::exchange(*shared, nullptr)) callback(std::move(error));
  });
  return Attempt([shared] { const auto dropped = std::exchange(*shared, nullptr); });
}

}  // namespace

struct TlsClient::Impl {
  Impl(Loop& with, const TlsMaterialSource& source, TlsClientOptions how)
      : loop(with), material(source), options(std::move(how)) {}

  // The context of the newest material; made anew only when that changed.
  Result<SSL_CTX*> current_context() {
    const auto& newest = material.shared();
    if (newest != context_of) {
      WARD_TRY(context, make_client_context(*newest, options));
      context_of = newest;
    }
    return context.get();
  }

  Result<std::unique_ptr<TlsEngine>> make_engine() {
    WARD_TRY(auto* const ssl_context, current_context());
    if (const auto* named = std::get_if<VerifyServerName>(&options.verify)) {
      return TlsEngine::make(ssl_context, {.verify = verify_server_name(*named, loop.clock()),
                                           .server_name = named->dns_name});
    }
    const auto& how = std::get<VerifySpiffe>(options.verify);
    return TlsEngine::make(ssl_context, {.verify = verify_spiffe(context_of, how, loop.clock())});
  }

  Loop& loop;
  TlsMaterialSource::Reader material;
  const TlsClientOptions options;
  SslContextPtr context;
  std::shared_ptr<const TlsMaterial> context_of;
};

TlsClient::TlsClient(Loop& loop, const TlsMaterialSource& source, TlsClientOptions options)
    : impl_(std::make_unique<Impl>(loop, source, std::move(options))) {}

TlsClient::~TlsClient() = default;

Attempt TlsClient::connect(std::unique_ptr<Stream> stream, ConnectCallback done) {
  auto engine = impl_->make_engine();
  if (!engine.ok()) return fail_later(impl_->loop, engine.error(), std::move(done));
  auto session = start_tls(impl_->loop, std::move(stream), std::move(*engine),
                           impl_->options.limits, std::move(done));
  return Attempt([session = std::move(session)] { cancel_tls(session); });
}

}  // namespace ward::net
