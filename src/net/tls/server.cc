#include "net/tls/server.h"

#include <unordered_map>
#include <utility>

#include "net/tls/context.h"
#include "net/tls/session.h"
#include "net/tls/verify.h"

namespace ward::net {

struct TlsServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(Loop& with, const TlsMaterialSource& source, TlsServerOptions how)
      : loop(with), material(source), options(std::move(how)) {}

  // The context of the newest material; made anew only when that changed.
  Result<SSL_CTX*> current_context() {
    const auto& newest = material.shared();
    if (newest != context_of) {
      WARD_TRY(context, make_server_context(*newest, options));
      context_of = newest;
    }
    return context.get();
  }

  Result<std::unique_ptr<TlsEngine>> make_engine() {
    if (sessions.size() >= options.handshakes_max) {
      return make_error(ErrorCode::kResourceExhausted, "more than {} TLS handshakes at once",
                        options.handshakes_max);
    }
    WARD_TRY(auto* const ssl_context, current_context());
    return TlsEngine::make(ssl_context,
                           {.is_server = true,
                            .verify = verify_spiffe(context_of, options.verify, loop.clock()),
                            .alpn = options.alpn});
  }

  void accept(std::unique_ptr<Stream> stream, ConnectCallback done) {
    const auto key = next_key++;
    auto forget_then_done = [weak = weak_from_this(), key, done = std::move(done)](
                                Result<std::unique_ptr<Stream>> result) mutable {
      if (const auto self = weak.lock()) self->sessions.erase(key);
      done(std::move(result));
    };
    auto engine = make_engine();
    if (!engine.ok()) {
      loop.post([forget_then_done = std::move(forget_then_done), error = engine.error(),
                 alive = weak_from_this()]() mutable {
        if (!alive.expired()) forget_then_done(std::move(error));
      });
      return;
    }
    sessions.emplace(key, start_tls(loop, std::move(stream), std::move(*engine), options.limits,
                                    std::move(forget_then_done)));
  }

  Loop& loop;
  TlsMaterialSource::Reader material;
  const TlsServerOptions options;
  SslContextPtr context;
  std::shared_ptr<const TlsMaterial> context_of;
  std::unordered_map<std::uint64_t, std::shared_ptr<TlsSession>> sessions;  // handshaking
  std::uint64_t next_key = 0;
};

TlsServer::TlsServer(Loop& loop, const TlsMaterialSource& source, TlsServerOptions options)
    : impl_(std::make_shared<Impl>(loop, source, std::move(options))) {}

TlsServer::~TlsServer() {
  // Moved out: what a dropped callback holds may reach back here.
  for (const auto& [key, session] : std::exchange(impl_->sessions, {})) cancel_tls(session);
}

void TlsServer::accept(std::unique_ptr<Stream> stream, ConnectCallback done) {
  impl_->accept(std::move(stream), std::move(done));
}

std::size_t TlsServer::handshakes() const {
  return impl_->sessions.size();
}

}  // namespace ward::net
