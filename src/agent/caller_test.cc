// Who asks at the enforcement points, over one kept connection: what is remembered of a caller must
// never outlive what the registry says.
#include <sys/socket.h>
#include <sys/un.h>

#include "agent/testing/agent_fixture.h"
#include "os/fd.h"

namespace ward::agent {
namespace {

using testing::AgentFixture;
using testing::kNode;

class CallerTest : public AgentFixture {
 protected:
  void start_asking() {
    AgentConfig with_authzen = config();
    with_authzen.authzen.emplace();
    start(std::move(with_authzen));
    ASSERT_TRUE(run_until([&] { return is_current(); }));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path("api.sock").copy(address.sun_path, sizeof address.sun_path - 1);
    connection_ = os::Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // SAFETY: of the socket API: every address begins as a sockaddr.
    ASSERT_EQ(
        connect(connection_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }

  // The status of one answer.
  std::string ask() {
    const std::string body = R"({"subject":{"type":"identity","id":"spiffe://example.org/shop"},)"
                             R"("action":{"name":"read"},"resource":{"type":"Record","id":"1"}})";
    const std::string request = fmt::format(
        "POST /access/v1/evaluation HTTP/1.1\r\nhost: a\r\ncontent-type: "
        "application/json\r\ncontent-length: {}\r\n\r\n{}",
        body.size(), body);
    EXPECT_EQ(send(connection_.get(), request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    std::string answer(4096, '\0');
    ssize_t got = -1;
    EXPECT_TRUE(run_until([&] {
      got = recv(connection_.get(), answer.data(), answer.size(), MSG_DONTWAIT);
      return got >= 0;
    }));
    return got < 12 ? "" : answer.substr(9, 3);
  }

  void put(const std::string& id) {
    server_->append(world::RegistrationPut{
        world::testing::registration(id, "spiffe://example.org/shop", kNode, {own_uid()})});
    ASSERT_TRUE(run_until([&] { return is_current(); }));
  }
  void remove(const std::string& id) {
    server_->append(world::RegistrationRemoved{
        .id = id, .parent = kNode, .spiffe_id = "spiffe://example.org/shop"});
    ASSERT_TRUE(run_until([&] { return is_current(); }));
  }

  os::Fd connection_;
};

TEST_F(CallerTest, ARegistrationThatIsRemovedIsNoticedAtTheNextQuestion) {
  start_asking();
  EXPECT_EQ(ask(), "200");
  EXPECT_EQ(ask(), "200");
  remove("r1");
  EXPECT_EQ(ask(), "403");
  put("r2");
  EXPECT_EQ(ask(), "200");
}

TEST_F(CallerTest, AnIdentityThatIsQuarantinedMayNotAsk) {
  start_asking();
  EXPECT_EQ(ask(), "200");
  server_->append(world::IdentityStatusChanged{.id = "spiffe://example.org/shop",
                                               .status = world::IdentityStatus::kQuarantined,
                                               .reason = "a test"});
  ASSERT_TRUE(run_until([&] { return is_current(); }));
  EXPECT_EQ(ask(), "403");
}

}  // namespace
}  // namespace ward::agent
