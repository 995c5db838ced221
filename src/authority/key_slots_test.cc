#include "authority/key_slots.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"

namespace ward::authority {
namespace {

using namespace std::chrono_literals;
using world::KeyKind;
using world::KeySlot;
using world::KeyStatus;

constexpr WallTime kStart{std::chrono::seconds{1'700'000'000}};
constexpr auto kLifetime = 24h;

KeySlot slot(std::string_view id, WallTime made, KeyStatus status = KeyStatus::kPrepared,
             KeyKind kind = KeyKind::kX509) {
  return {.id = id,
          .kind = kind,
          .status = status,
          .key_id = id,
          .public_material = to_bytes(id),
          .sealed_private_key = status == KeyStatus::kRetired ? Bytes() : Bytes{1},
          .not_before = made,
          .not_after = made + kLifetime};
}

KeySlots slots(std::vector<KeySlot> list) {
  return KeySlots::of(std::move(list)).value();
}

// The steps of X.509 keys.
std::vector<std::string> due(const KeySlots& slots, WallTime now) {
  std::vector<std::string> steps;
  for (const DueStep& step : slots.due(now)) {
    if (step.kind == KeyKind::kX509)
      steps.push_back(fmt::format("{} {}", key_step_name(step.step), step.slot));
  }
  return steps;
}

using Steps = std::vector<std::string>;

TEST(KeySlots, FirstStartPreparesAndActivatesAtOnce) {
  EXPECT_EQ(due(slots({}), kStart), Steps{"prepare "});
  EXPECT_EQ(due(slots({slot("a", kStart)}), kStart), Steps{"activate a"});
}

TEST(KeySlots, EachKindHasStepsOfItsOwn) {
  const KeySlots some = slots({slot("a", kStart, KeyStatus::kActive)});
  const std::vector<DueStep> expected{{KeyStep::kPrepare, KeyKind::kJwt, {}}};
  EXPECT_EQ(some.due(kStart), expected);
}

TEST(KeySlots, NextIsPreparedAtHalfLifeAndNotBefore) {
  const KeySlots one = slots({slot("a", kStart, KeyStatus::kActive)});
  EXPECT_EQ(due(one, kStart + 12h - 1us), Steps{});
  EXPECT_EQ(due(one, kStart + 12h), Steps{"prepare "});
}

TEST(KeySlots, NextIsActivatedAtASixthOfTheLifeAndNotBefore) {
  const KeySlots two = slots({slot("a", kStart, KeyStatus::kActive), slot("b", kStart + 12h)});
  EXPECT_EQ(due(two, kStart + 20h - 1us), Steps{});
  EXPECT_EQ(due(two, kStart + 20h), Steps{"activate b"});
}

TEST(KeySlots, LongLivesAreCapped) {
  KeySlot year = slot("a", kStart, KeyStatus::kActive);
  year.not_after = kStart + 24h * 365;
  EXPECT_EQ(prepare_next_at(year), year.not_after - 24h * 30);
  EXPECT_EQ(activate_next_at(year), year.not_after - 24h * 7);
}

TEST(KeySlots, RetiredKeyStaysPublishedUntilADayAfterItsExpiry) {
  const KeySlots two =
      slots({slot("a", kStart, KeyStatus::kRetired), slot("b", kStart + 40h, KeyStatus::kActive)});
  EXPECT_EQ(due(two, kStart + 48h - 1us), Steps{});
  EXPECT_EQ(two.remove("a", kStart + 48h - 1us).error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(due(two, kStart + 48h), Steps{"remove a"});
  EXPECT_TRUE(two.remove("a", kStart + 48h).ok());
}

TEST(KeySlots, PreparedKeyIsPublishedBeforeItSigns) {
  const KeySlots late = slots({slot("a", kStart, KeyStatus::kActive), slot("b", kStart + 23h)});
  EXPECT_EQ(late.published(KeyKind::kX509).size(), 2u);
  EXPECT_EQ(due(late, kStart + 23h), Steps{});
  EXPECT_EQ(late.activate("b", kStart + 23h).error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(due(late, kStart + 23h + kPublishAhead), Steps{"activate b"});
}

TEST(KeySlots, ExpiredKeyIsReplacedWithoutWaiting) {
  const WallTime now = kStart + 30h;
  EXPECT_EQ(due(slots({slot("a", kStart, KeyStatus::kActive)}), now), Steps{"prepare "});
  EXPECT_EQ(due(slots({slot("a", kStart, KeyStatus::kActive), slot("b", now)}), now),
            Steps{"activate b"});
}

TEST(KeySlots, PreparedKeyThatExpiredIsRemovedAndNeverActivated) {
  const KeySlots old = slots({slot("a", kStart)});
  EXPECT_EQ(due(old, kStart + kLifetime), Steps{"remove a"});
  EXPECT_FALSE(old.activate("a", kStart + kLifetime).ok());
  EXPECT_FALSE(old.remove("a", kStart + kLifetime - 1us).ok());
}

TEST(KeySlots, ActivationRetiresTheOldKeyFirstAndTakesItsPrivatePart) {
  const KeySlots two = slots({slot("a", kStart, KeyStatus::kActive), slot("b", kStart + 12h)});
  const auto facts = two.activate("b", kStart + 20h).value();
  ASSERT_EQ(facts.size(), 2u);
  const KeySlot& retired = std::get<world::KeySlotPut>(facts[0]).slot;
  EXPECT_EQ(retired.id, "a");
  EXPECT_EQ(retired.status, KeyStatus::kRetired);
  EXPECT_TRUE(retired.sealed_private_key.empty());
  EXPECT_EQ(retired.public_material, to_bytes("a"));
  const KeySlot& active = std::get<world::KeySlotPut>(facts[1]).slot;
  EXPECT_EQ(active.id, "b");
  EXPECT_EQ(active.status, KeyStatus::kActive);
  EXPECT_EQ(active.sealed_private_key, Bytes{1});
}

TEST(KeySlots, IllegalStepsAreErrorsThatSayWhy) {
  const KeySlots two = slots({slot("a", kStart, KeyStatus::kActive), slot("b", kStart + 12h),
                              slot("c", kStart - 12h, KeyStatus::kRetired)});
  const WallTime now = kStart + 13h;
  const auto code = [](const auto& result) { return result.error().code(); };
  EXPECT_EQ(code(two.prepare(slot("d", now))), ErrorCode::kFailedPrecondition) << "second prepared";
  EXPECT_EQ(code(two.prepare(slot("a", now))), ErrorCode::kFailedPrecondition) << "name taken";
  EXPECT_EQ(code(two.activate("a", now)), ErrorCode::kFailedPrecondition) << "is active";
  EXPECT_EQ(code(two.activate("c", now)), ErrorCode::kFailedPrecondition) << "is retired";
  EXPECT_EQ(code(two.remove("a", kStart + 480h)), ErrorCode::kFailedPrecondition) << "is active";
  EXPECT_EQ(code(two.remove("b", now)), ErrorCode::kFailedPrecondition) << "is prepared";
  EXPECT_EQ(code(two.activate("x", now)), ErrorCode::kNotFound);
  EXPECT_EQ(code(two.remove("x", now)), ErrorCode::kNotFound);
  const KeySlots one = slots({slot("a", kStart, KeyStatus::kActive)});
  EXPECT_EQ(code(one.prepare(slot("d", now, KeyStatus::kActive))), ErrorCode::kFailedPrecondition);
  KeySlot keyless = slot("d", now);
  keyless.sealed_private_key.clear();
  EXPECT_EQ(code(one.prepare(keyless)), ErrorCode::kFailedPrecondition);
}

TEST(KeySlots, OperatorMayActivateEarlyOncePublishedLongEnough) {
  const KeySlots two = slots({slot("a", kStart, KeyStatus::kActive), slot("b", kStart + 1h)});
  EXPECT_FALSE(two.activate("b", kStart + 1h + kPublishAhead - 1us).ok());
  EXPECT_TRUE(two.activate("b", kStart + 1h + kPublishAhead).ok());
}

TEST(KeySlots, SetsThatBreakTheRulesAreRefused) {
  const auto refused = [](std::vector<KeySlot> list) {
    const auto made = KeySlots::of(std::move(list));
    return !made.ok() && made.error().code() == ErrorCode::kFailedPrecondition;
  };
  EXPECT_TRUE(
      refused({slot("a", kStart, KeyStatus::kActive), slot("b", kStart, KeyStatus::kActive)}));
  EXPECT_TRUE(refused({slot("a", kStart), slot("b", kStart)}));
  KeySlot empty = slot("a", kStart);
  empty.not_after = empty.not_before;
  EXPECT_TRUE(refused({empty}));
  KeySlot keyless = slot("a", kStart, KeyStatus::kActive);
  keyless.sealed_private_key.clear();
  EXPECT_TRUE(refused({keyless}));
  std::vector<KeySlot> many;
  for (std::size_t i = 0; i <= kKeySlotsMax; ++i)
    many.push_back(slot(fmt::format("r{}", i), kStart, KeyStatus::kRetired));
  EXPECT_TRUE(refused(many));
}

// Folds steps into a real world for a simulated quarter, asking at random times, as a server would
// that is sometimes down, and checks what must hold at every time.
class Rotation {
 public:
  explicit Rotation(std::uint64_t seed) : random_(seed) {}

  void run() {
    for (WallTime now = kStart; now < kStart + 24h * 90; now += pause()) {
      settle(now);
      check(now);
    }
  }

 private:
  std::chrono::minutes pause() {
    const bool down = random_.below(30) == 0;
    return std::chrono::minutes(1 + random_.below(down ? 3000 : 40));
  }

  void settle(WallTime now) {
    for (int steps = 0;; ++steps) {
      ASSERT_LT(steps, 20) << "due() never comes to rest";
      const KeySlots slots = KeySlots::of(world_).value();
      const auto due = slots.due(now);
      if (due.empty()) {
        ASSERT_GT(slots.next_due(now), now);
        return;
      }
      for (const DueStep& step : due) append(take(slots, step, now), now);
    }
  }

  std::vector<world::FactBody> take(const KeySlots& slots, const DueStep& step, WallTime now) {
    switch (step.step) {
      case KeyStep::kPrepare:
        return slots
            .prepare(slot(fmt::format("k{}", made_++), now, KeyStatus::kPrepared, step.kind))
            .value();
      case KeyStep::kActivate:
        return slots.activate(step.slot, now).value();
      case KeyStep::kRemove:
        return slots.remove(step.slot, now).value();
    }
    WARD_UNREACHABLE();
  }

  void append(std::vector<world::FactBody> bodies, WallTime now) {
    for (world::FactBody& body : bodies) {
      const world::Fact fact{.time = now, .actor = "system", .reason = {}, .body = std::move(body)};
      const auto admitted = world::admissible(world_, fact);
      ASSERT_TRUE(admitted.ok()) << admitted.error().text();
      world_ = world::apply(world_, world_.revision() + 1, fact).value();
    }
  }

  void check(WallTime now) {
    const KeySlots slots = KeySlots::of(world_).value();
    for (const KeyKind kind : {KeyKind::kX509, KeyKind::kJwt}) {
      const KeySlot* active = slots.active(kind);
      ASSERT_TRUE(active);
      EXPECT_LT(now, active->not_after) << "nothing can be signed";
      EXPECT_LE(slots.published(kind).size(), 6u) << "the bundle grows";
    }
    // What a key signed may be valid until the key expires, and clocks differ.
    signers_.emplace(slots.active(KeyKind::kX509)->id.str(),
                     slots.active(KeyKind::kX509)->not_after);
    for (const auto& [id, expiry] : signers_) {
      if (now < expiry + kKeyRetention) {
        EXPECT_TRUE(world_.key_slot(id)) << id << " left the bundle early";
      }
    }
  }

  SeededRandom random_;
  world::World world_;
  int made_ = 0;
  std::map<std::string, WallTime> signers_;
};

TEST(KeySlots, RotationOverAQuarterNeverLeavesASignatureWithoutItsKey) {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Rotation(seed).run();
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(KeySlots, NextDueIsWhenDueChanges) {
  const KeySlots two = slots({slot("a", kStart, KeyStatus::kActive), slot("b", kStart + 12h),
                              slot("j", kStart, KeyStatus::kActive, KeyKind::kJwt)});
  EXPECT_EQ(two.next_due(kStart), kStart + 12h) << "prepare the next JWT key";
  const KeySlots later = slots({slot("a", kStart, KeyStatus::kActive), slot("b", kStart + 12h)});
  EXPECT_EQ(later.next_due(kStart + 12h), kStart + 20h) << "activate b";
  EXPECT_EQ(slots({}).next_due(kStart), WallTime::max());
}

}  // namespace
}  // namespace ward::authority
