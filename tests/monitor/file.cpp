// Save and load: equal after the round trip, bit for bit; every damaged file refused in words.
#include "satur/diagnostic.hpp"

#include "support/monitor_bytes.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace {

satur::monitor trained(bool histograms, satur::history_keeps keeps = satur::history_keeps::evenly) {
  satur::monitor mon({.rule = satur::slope_below{0.1},
                      .histograms = histograms ? 3u : 0u,
                      .updates = 2,
                      .sampling = {.every = 2},
                      .history = {.lines = 5, .keeps = keeps}});
  std::mt19937_64 urbg(5);
  std::normal_distribution<double> normal(0.1, 3.0);
  for (int step = 0; step < 31; ++step) {
    if (step == 20) {
      mon.eval();
    }
    if (step == 23) {
      mon.train();
    }
    std::vector<double> z(20);
    for (double& e : z) {
      e = normal(urbg);
    }
    z[3] = step == 4 ? std::numeric_limits<double>::quiet_NaN() : 0.0;
    z[4] = step == 8 ? std::numeric_limits<double>::infinity() : -0.0;
    mon.input(z, satur::unit_layout::matrix(5, 4));
    mon.loss(step == 8 ? std::numeric_limits<double>::infinity() : 2.5 - 0.05 * step, 2.25);
    mon["fc1"].observe(satur::sigmoid{}, z);
    mon["fc1"].gradient(z);
    mon["fc1"].update(z, std::vector<double>(20, 0.0));
    mon["a layer with \xc3\xa9\n in its name"].observe(satur::elu{}, z);
    mon.end_step();
  }
  mon["fc1"].observe(satur::sigmoid{}, std::vector<double>{0.25}); // a step that is not closed
  mon.request_stop();
  return mon;
}

using satur_test::hash;
using satur_test::loaded;
using satur_test::mend;
using satur_test::put_word;
using satur_test::refusal_of;
using satur_test::saved;

/// A file of its own that is gone afterward.
struct temporary {
  std::string path =
      (std::filesystem::temp_directory_path() / ("satur_monitor_" + std::to_string(std::random_device{}()) + ".bin"))
          .string();
  temporary() = default;
  temporary(temporary const&) = delete;
  temporary& operator=(temporary const&) = delete;
  ~temporary() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
  void put(std::string const& bytes) const { std::ofstream(path, std::ios::binary) << bytes; }
  [[nodiscard]] std::string refusal() const {
    try {
      static_cast<void>(satur::load_monitor(path));
    } catch (satur::file_error const& error) {
      return error.what();
    }
    return {};
  }
};

std::string damaged(std::string bytes, std::mt19937_64& urbg) {
  auto const place = [&] { return static_cast<std::size_t>(urbg() % bytes.size()); };
  switch (urbg() % 6) {
  case 0: // bits
    for (std::uint64_t n = 1 + urbg() % 3; n != 0; --n) {
      std::size_t const at = urbg() % 4 == 0 ? urbg() % 40 : place(); // the header often enough
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << (urbg() % 8)));
    }
    break;
  case 1: // cut off
    bytes.resize(place());
    break;
  case 2: // bytes put in
    bytes.insert(place(), std::string(1 + urbg() % 20, static_cast<char>(urbg())));
    break;
  case 3: // bytes at the end
    bytes += std::string(1 + urbg() % 20, static_cast<char>(urbg()));
    break;
  case 4: // bytes lost
    bytes.erase(place(), 1 + urbg() % 20);
    break;
  default: // a word overwritten
    put_word(bytes, urbg() % (bytes.size() - 8), urbg() % 3 == 0 ? ~std::uint64_t{0} : urbg());
  }
  return bytes;
}

} // namespace

TEST_CASE("monitor file: a loaded monitor equals the saved one and continues like it") {
  for (bool const histograms : {false, true}) {
    for (satur::history_keeps const keeps : {satur::history_keeps::evenly, satur::history_keeps::newest}) {
      satur::monitor mon = trained(histograms, keeps);
      satur::monitor back = loaded(saved(mon));
      CHECK(back == mon);
      CHECK(saved(back) == saved(mon));
      CHECK(back.stop_requested());
      CHECK(back.losses() == mon.losses());
      CHECK(back.losses().seen() == 28);
      REQUIRE(back.inputs() != nullptr);
      CHECK(*back.inputs() == *mon.inputs());
      CHECK(back.at("fc1").origin() == mon.at("fc1").origin());
      CHECK(back.at("fc1").origin().onset.has_value());
      CHECK(back.at("fc1").last().saturation.activation == "sigmoid"); // owned by the record
      for (satur::monitor* m : {&mon, &back}) {
        for (int i = 0; i < 9; ++i) {
          (*m)["fc1"].observe(satur::sigmoid{}, std::vector<double>{0.5});
          m->end_step();
        }
      }
      CHECK(back == mon);
      CHECK(saved(back) == saved(mon));
    }
  }
  satur::monitor const empty;
  CHECK(loaded(saved(empty)) == empty);
}

TEST_CASE("monitor file: counters of units above 2^32 come back whole") {
  satur::monitor mon({.units = true});
  std::vector<float> const z{-9.0f, 9.0f, 0.5f, std::numeric_limits<float>::quiet_NaN()};
  mon["fc1"].observe(satur::sigmoid{}, z, satur::unit_layout{1, 4});
  mon.end_step();
  for (int i = 0; i < 34; ++i) { // twice as many each time
    satur::monitor const same = mon;
    mon += same;
  }
  satur::monitor back = loaded(saved(mon));
  CHECK(back == mon);
  REQUIRE(back["fc1"].units().has_value());
  CHECK((*back["fc1"].units())[0].low == std::exp2(34));
  CHECK((*back["fc1"].units())[1].high == std::exp2(34));
}

TEST_CASE("monitor file: a record outlives the loaded monitor") {
  satur::saturation kept;
  {
    satur::monitor const back = loaded(saved(trained(false)));
    kept = back.at("fc1").total().saturation;
  }
  CHECK(kept.title() == "sigmoid (slope < 10 % of its peak)");
}

TEST_CASE("monitor file: exact doubles and the bytes of the format") {
  satur::monitor mon({.history = {.lines = 0}});
  satur::saturation odd = satur::observe(satur::sigmoid{}, std::vector<double>{-0.0});
  odd.slope.mean = std::numeric_limits<double>::denorm_min();
  odd.slope.deviations = -0.0;
  odd.output.mean = std::numeric_limits<double>::quiet_NaN();
  mon["x"].add(odd);
  std::string const bytes = saved(mon);
  satur::monitor const back = loaded(bytes);
  satur::saturation const& s = back.at("x").current().saturation;
  CHECK(s.slope.mean == std::numeric_limits<double>::denorm_min());
  CHECK(std::signbit(s.slope.deviations));
  CHECK(std::signbit(s.lowest_z));
  CHECK(std::isnan(s.output.mean));
  CHECK(bytes.substr(0, 6) == "\x89SATUR");
  CHECK(bytes[8] == 8);                                                   // the format, little-endian
  CHECK(bytes.find(std::string("\x08\0\0\0\0\0\0\0z_beyond", 16)) == 40); // the rule comes first
  CHECK(bytes.find(std::string("\0\0\0\0\0\0\x14\x40", 8)) == 56);        // 5.0
}

namespace {

/// What `stored` holds: of each format the size of a file and its bytes but for zeros, as offset:bytes.
struct stored_file {
  std::size_t size;
  char const* bytes;
};
constexpr stored_file stored[8] = {
    {2035, // format 1
     "0:8953415455520d0a01 16:cb07 24:66dd3904f473eaab3d2a38dd304d93ea08 48:7a5f6265796f6e64 62:f83f 80:01 "
     "88:01 200:01 272:01 280:01 288:01 296:61 305:08 313:02 321:05 329:03 337:04 351:1c40 367:1a40 377:04 "
     "398:805740 407:1040 423:4740 439:20c0 447:144008 457:7a5f6265796f6e64 471:f83f 481:0a "
     "489:6c65616b795f72656c75 505:f03f 721:f07f 729:f0ff 985:f07f 993:f0ff 1139:01 1313:f07f 1321:f0ff "
     "1577:f07f 1585:f0ff 1841:f07f 1849:f0ff 1995:01"},
    {2067, // format 2: the units of each layer
     "0:8953415455520d0a02 16:eb07 24:a67e7c55dd74a7991692c6e46e2f3c5c08 48:7a5f6265796f6e64 62:f83f 80:01 "
     "88:01 208:01 280:01 288:01 296:01 304:61 321:08 329:02 337:05 345:03 353:04 367:1c40 383:1a40 393:04 "
     "414:805740 423:1040 439:4740 455:20c0 463:144008 473:7a5f6265796f6e64 487:f83f 497:0a "
     "505:6c65616b795f72656c75 521:f03f 737:f07f 745:f0ff 1001:f07f 1009:f0ff 1155:01 1337:f07f 1345:f0ff "
     "1601:f07f 1609:f0ff 1865:f07f 1873:f0ff 2019:01"},
    {1971, // format 3: means and deviations of f(z) and f'(z)
     "0:8953415455520d0a03 16:8b07 24:2750adaafd74d01a1e141502192111af08 48:7a5f6265796f6e64 62:f83f 80:01 "
     "88:01 208:01 280:01 288:01 296:01 304:61 321:08 329:02 337:05 345:03 353:04 361:08 375:ec3f "
     "383:d83f04 406:80574004 423:f03f 431:4540 439:20c0 447:144008 457:7a5f6265796f6e64 471:f83f 481:0a "
     "489:6c65616b795f72656c75 505:f03f 705:f07f 713:f0ff 953:f07f 961:f0ff 1107:01 1273:f07f 1281:f0ff "
     "1521:f07f 1529:f0ff 1769:f07f 1777:f0ff 1923:01"},
    {2771, // format 4: how each layer began, the data, and the loss
     "0:8953415455520d0a04 16:ab0a 24:46f520365ff373e776f9e0e357ce139608 48:7a5f6265796f6e64 62:f83f 80:01 "
     "88:01 208:01 280:01 288:01 296:01 304:61 321:08 329:02 337:05 345:03 353:04 361:08 375:ec3f 383:d83f04 "
     "406:80574004 423:f03f 431:4540 439:20c0 447:144008 457:7a5f6265796f6e64 471:f83f 481:0a "
     "489:6c65616b795f72656c75 505:f03f 705:f07f 713:f0ff 953:f07f 961:f0ff 1107:01 1265:f07f 1273:f0ff "
     "1641:f07f 1649:f0ff 1889:f07f 1897:f0ff 2137:f07f 2145:f0ff 2291:01 2449:f07f 2457:f0ff 2723:01 2761:f87f "
     "2769:f87f"},
    {2827, // format 5: which rows and weights are observed
     "0:8953415455520d0a05 16:e30a 24:09bbf6a2c49eff403551eb1bba183fec08 48:7a5f6265796f6e64 62:f83f 80:01 "
     "88:01 128:01 216:01 288:01 296:01 304:01 312:61 329:08 337:02 345:05 353:03 361:04 369:08 383:ec3f "
     "391:d83f04 414:80574004 431:f03f 439:4540 447:20c0 455:144008 465:7a5f6265796f6e64 479:f83f 489:0a "
     "497:6c65616b795f72656c75 513:f03f 713:f07f 721:f0ff 961:f07f 969:f0ff 1115:01 1273:f07f 1281:f0ff "
     "1523:01 1673:f07f 1681:f0ff 1921:f07f 1929:f0ff 2169:f07f 2177:f0ff 2323:01 2481:f07f 2489:f0ff "
     "2731:01 2779:01 2817:f87f 2825:f87f"},
    {2907, // format 6: what leaves number formats
     "0:8953415455520d0a06 16:330b 24:8946e84f37be6951d9c9cc6ac694437d08 48:7a5f6265796f6e64 62:f83f 80:01 88:01 "
     "128:01 248:01 320:01 328:01 336:01 344:61 393:08 401:02 409:05 417:03 425:04 433:08 447:ec3f 455:d83f04 "
     "478:80574004 495:f03f 503:4540 511:20c0 519:144008 529:7a5f6265796f6e64 543:f83f 553:0a "
     "561:6c65616b795f72656c75 577:f03f 777:f07f 785:f0ff 1025:f07f 1033:f0ff 1179:01 1337:f07f 1345:f0ff 1587:01 "
     "1745:f07f 1753:f0ff 1993:f07f 2001:f0ff 2241:f07f 2249:f0ff 2395:01 2553:f07f 2561:f0ff 2803:01 2859:01 "
     "2897:f87f 2905:f87f"},
    {3099, // format 7: the history of units
     "0:8953415455520d0a07 16:f30b 24:29bf20d6fe89f466e421c2650563962108 48:7a5f6265796f6e64 62:f83f 80:01 88:01 "
     "128:40 144:01 264:01 336:01 344:01 352:01 360:61 409:08 417:02 425:05 433:03 441:04 449:08 463:ec3f "
     "471:d83f04 494:80574004 511:f03f 519:4540 527:20c0 535:144008 545:7a5f6265796f6e64 559:f83f 569:0a "
     "577:6c65616b795f72656c75 593:f03f 793:f07f 801:f0ff 1041:f07f 1049:f0ff 1195:40 1211:01 1369:f07f "
     "1377:f0ff 1619:01 1667:40 1691:01 1849:f07f 1857:f0ff 2097:f07f 2105:f0ff 2345:f07f 2353:f0ff 2499:40 "
     "2515:01 2673:f07f 2681:f0ff 2923:01 2971:40 2995:01 3051:01 3089:f87f 3097:f87f"},
    {3099, // format 8: the largest z beside those that are not finite
     "0:8953415455520d0a08 16:f30b 24:29bf20d6fe89f4667b1a45b31f8bfc0908 48:7a5f6265796f6e64 62:f83f 80:01 88:01 "
     "128:40 144:01 264:01 336:01 344:01 352:01 360:61 409:08 417:02 425:05 433:03 441:04 449:08 463:ec3f "
     "471:d83f04 494:80574004 511:f03f 519:4540 527:20c0 535:144008 545:7a5f6265796f6e64 559:f83f 569:0a "
     "577:6c65616b795f72656c75 593:f03f 793:f07f 801:f0ff 1041:f07f 1049:f0ff 1195:40 1211:01 1369:f07f "
     "1377:f0ff 1619:01 1667:40 1691:01 1849:f07f 1857:f0ff 2097:f07f 2105:f0ff 2345:f07f 2353:f0ff 2499:40 "
     "2515:01 2673:f07f 2681:f0ff 2923:01 2971:40 2995:01 3051:01 3089:f87f 3097:f87f"},
};
std::string bytes_of(stored_file const& file) {
  std::string bytes(file.size, '\0');
  std::istringstream in(file.bytes);
  for (std::string run; in >> run;) {
    std::size_t const colon = run.find(':');
    std::size_t at = std::stoul(run.substr(0, colon));
    for (std::size_t i = colon + 1; i < run.size(); i += 2) {
      bytes.at(at++) = static_cast<char>(std::stoi(run.substr(i, 2), nullptr, 16));
    }
  }
  return bytes;
}

} // namespace

TEST_CASE("monitor file: every format is read, the newest is written") {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  double const inf = std::numeric_limits<double>::infinity();
  satur::monitor mon({.rule = satur::z_beyond{1.5}, .history = {.lines = 0, .unit_windows = 0}});
  mon["a"].observe(satur::leaky_relu{0.5},
                   std::vector<double>{1.0, 2.0, 5.0, -8.0, inf, inf, inf, -inf, nan, nan, nan});
  for (stored_file const& file : stored) {
    CAPTURE(file.size);
    satur::monitor const back = loaded(bytes_of(file));
    satur::saturation const& s = back.at("a").current().saturation;
    CHECK(s.count == 8);
    CHECK(s.low == 2);
    CHECK(s.high == 5);
    CHECK(s.nan == 3);
    CHECK(s.infinite == 4);
    CHECK(s.slope == satur::moments{8, 0.875, 0.375});
    CHECK(s.z == satur::moments{4, 0.0, 94.0});
    CHECK(s.output == satur::moments{4, 1.0, 42.0}); // of 1, 2, 5, -4
    CHECK(s.lowest_z == -8.0);
    CHECK(s.highest_z == 5.0);
    CHECK(s.title() == "leaky_relu (|z| > 1.5)");
    CHECK(s.peak_slope == 1.0);
    CHECK(back == mon);
  }
  CHECK(saved(mon) == bytes_of(stored[7]));
}

TEST_CASE("monitor file: two monitors in one stream") {
  std::stringstream both;
  satur::monitor const a = trained(false);
  satur::monitor const b;
  save(a, both);
  save(b, both);
  CHECK(satur::load_monitor(both) == a);
  CHECK(satur::load_monitor(both) == b);
}

TEST_CASE("monitor file: atomic replacement, and files that cannot be opened") {
  temporary const file;
  satur::monitor const mon = trained(true);
  save(satur::monitor(), file.path);
  save(mon, file.path);
  CHECK(satur::load_monitor(file.path) == mon);
  CHECK_FALSE(std::filesystem::exists(file.path + ".part"));
  CHECK_THROWS_WITH_AS(static_cast<void>(satur::load_monitor(file.path + ".lost")),
                       doctest::Contains("cannot be opened"), satur::file_error);
  CHECK_THROWS_WITH_AS(save(mon, file.path + "/inside/a/file"), doctest::Contains("cannot open"), satur::file_error);
  std::ostringstream full;
  full.setstate(std::ios::badbit);
  CHECK_THROWS_WITH_AS(save(mon, full), doctest::Contains("did not take"), satur::file_error);
}

TEST_CASE("monitor file: every kind of damage has its message") {
  using doctest::Contains;
  std::string const good = saved(trained(false));
  CHECK(refusal_of(good).empty());
  std::string bytes = good;
  CHECK(refusal_of("").find("ends at byte 0") != std::string::npos);
  CHECK(refusal_of("epoch,loss\n0,2.3\n").find("byte 0 is 101, expected 137") != std::string::npos);
  CHECK(refusal_of(good.substr(0, 39)).find("ends at byte 39") != std::string::npos);
  CHECK(refusal_of(good.substr(0, 100)).find("ends at byte 100, expected " + std::to_string(good.size())) !=
        std::string::npos);
  bytes = good;
  bytes[41] = static_cast<char>(bytes[41] ^ 1);
  CHECK(refusal_of(bytes).find("do not have the checksum that byte 24 states") != std::string::npos);
  bytes = good;
  bytes[8] = 9; // a flipped bit is damage…
  CHECK(refusal_of(bytes).find("bytes 8 to 39 do not have the checksum") != std::string::npos);
  put_word(bytes, 32, hash(bytes, 0, 32)); // … a header that is right is a newer format
  CHECK(refusal_of(bytes).find("says format 9, expected 1 to 8; a newer satur wrote it") != std::string::npos);
  put_word(bytes, 8, 0); // and no satur wrote format 0
  put_word(bytes, 32, hash(bytes, 0, 32));
  CHECK(refusal_of(bytes).find("says format 0, expected 1 to " + std::to_string(satur::detail::newest_format) +
                               "; no satur writes it") != std::string::npos);
  bytes = good;
  put_word(bytes, 16, std::uint64_t{1} << 60); // a size that nobody has
  put_word(bytes, 32, hash(bytes, 0, 32));
  CHECK(refusal_of(bytes).find("ends at byte " + std::to_string(good.size())) != std::string::npos);
  bytes = good;
  bytes[48] = 'Z'; // a rule that is not the library's is known by its name alone
  mend(bytes);
  CHECK(refusal_of(bytes).empty());
  std::istringstream named(bytes);
  CHECK(satur::load_monitor(named).rule().definition().name == "Zlope_below");
  bytes = good;
  satur::monitor wrong; // more saturated on the low side than were seen
  satur::saturation impossible = satur::observe(satur::sigmoid{}, std::vector<double>{0.0});
  impossible.low = 2;
  wrong["fc"].add(impossible);
  CHECK(refusal_of(saved(wrong)).find("no more than their count") != std::string::npos);
  temporary const file;
  file.put(good + '\n');
  CHECK(file.refusal().find("goes on at byte " + std::to_string(good.size())) != std::string::npos);
  CHECK(file.refusal().find(file.path) != std::string::npos);
}

TEST_CASE("monitor file: a number too large for its field throws") {
  // The payload begins with the rule (8 bytes of length, a name of 11, two numbers), then come histograms, updates,
  // every, budget, the history's way to thin, its lines, the windows and groups
  // of units, units, rows, four times whether a format is watched, the
  // phase, the wish to stop.
  std::string const good = saved(trained(false));
  std::size_t const after_rule = 40 + 8 + 11 + 16;
  auto const with = [&](std::size_t field, std::uint64_t word) {
    std::string bytes = good;
    put_word(bytes, after_rule + 8 * field, word);
    mend(bytes);
    return refusal_of(bytes);
  };
  CHECK(with(4, 1).empty()); // the other way to thin
  CHECK(with(4, 2).find("expected a way to thin a history; ") != std::string::npos);
  CHECK(with(4, 256).find("expected a number that fits 1 byte, found 256; ") != std::string::npos);
  CHECK(with(4, 257).find("expected a number that fits 1 byte, found 257; ") != std::string::npos);
  CHECK(with(14, 1).empty()); // the other phase
  CHECK(with(14, 2).find("expected a phase; ") != std::string::npos);
  CHECK(with(14, 256).find("expected a number that fits 1 byte, found 256; ") != std::string::npos);
  CHECK(with(14, 257).find("expected a number that fits 1 byte, found 257; ") != std::string::npos);
  for (std::size_t const boolean : {8u, 15u}) {
    CHECK(with(boolean, 0).empty());
    CHECK(with(boolean, 1).empty());
    CHECK(with(boolean, 2).find("expected 0 or 1, found 2; ") != std::string::npos);
    CHECK(with(boolean, 257).find("expected 0 or 1, found 257; ") != std::string::npos);
  }
  CHECK(with(2, 0).find("every is 0") != std::string::npos);
  CHECK(with(5, 1).find("lines is 1") != std::string::npos);
  CHECK(with(6, 1).find("unit_windows is 1") != std::string::npos);
  CHECK(with(7, 0).find("unit_groups is 0") != std::string::npos);
  CHECK(with(9, 8).empty());
  CHECK(with(9, 0).find("rows is 0") != std::string::npos);
}

TEST_CASE("monitor file: a rule with numbers that it does not allow is refused, wherever it stands") {
  satur::monitor mon({.rule = satur::z_beyond{5.125}, .units = true});
  mon["fc1"].observe(satur::sigmoid{}, std::vector<double>{0.5, 6.0}, satur::unit_layout::matrix(1, 2));
  mon.end_step();
  std::string const good = saved(mon);
  std::string const threshold("\0\0\0\0\0\x80\x14\x40", 8); // 5.125
  std::size_t found = 0;
  for (std::size_t at = good.find(threshold); at != std::string::npos; at = good.find(threshold, at + 8)) {
    std::string bytes = good;
    bytes[at + 7] = '\xc0'; // -5.125
    mend(bytes);
    CAPTURE(at);
    CHECK(refusal_of(bytes).find("threshold is -5.125") != std::string::npos);
    ++found;
  }
  CHECK(found >= 4); // the monitor's, that of the layer's records, of its history and of its units
}

TEST_CASE("monitor file: more zeros than gradients are refused") {
  satur::monitor mon;
  mon["fc1"].gradient(std::vector<double>{0.0, 1.0, 0.0, 0.0, 2.0});
  mon.end_step();
  std::string const good = saved(mon);
  std::size_t found = 0;
  std::string const counters("\5\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0", 16); // 5 gradients, 3 zeros
  for (std::size_t at = good.find(counters); at != std::string::npos; at = good.find(counters, at + 8)) {
    std::string bytes = good;
    put_word(bytes, at + 8, 5);
    mend(bytes);
    CHECK(refusal_of(bytes).empty());
    put_word(bytes, at + 8, 6);
    mend(bytes);
    CHECK(refusal_of(bytes).find("zeros among gradients") != std::string::npos);
    ++found;
  }
  CHECK(found >= 2); // the last step and the total
}

TEST_CASE("monitor file: a negative sum or mean of squares is refused, wherever it stands") {
  satur::monitor mon({.units = true});
  std::vector<double> const z{0.5, 6.0, -1.25, 3.5};
  mon.input(z, satur::unit_layout::matrix(2, 2));
  mon.loss(1.5, 2.25);
  mon["fc1"].observe(satur::tanh{}, z, satur::unit_layout::matrix(2, 2));
  mon["fc1"].gradient(z, satur::unit_layout::matrix(2, 2));
  mon["fc1"].update(z, std::vector<double>{0.5, 0.25, 1.0, 2.0});
  mon.end_step();
  auto const refused = [](std::string const& whole, double square) {
    std::string word(8, '\0');
    put_word(word, 0, std::bit_cast<std::uint64_t>(square));
    std::size_t found = 0;
    for (std::size_t at = whole.find(word); at != std::string::npos; at = whole.find(word, at + 8)) {
      std::string bytes = whole;
      put_word(bytes, at, std::bit_cast<std::uint64_t>(-square));
      mend(bytes);
      CAPTURE(square);
      CAPTURE(at);
      CHECK(refusal_of(bytes).find("is at least 0") != std::string::npos);
      ++found;
    }
    return found;
  };
  auto const of_mon = [&refused, whole = saved(mon)](double square) { return refused(whole, square); };
  satur::layer_monitor const& fc1 = mon["fc1"];
  CHECK(of_mon(fc1.last().saturation.z.deviations) >= 2); // the last step and the total
  CHECK(of_mon(fc1.last().saturation.slope.deviations) >= 2);
  CHECK(of_mon(fc1.last().saturation.output.deviations) >= 2);
  CHECK(of_mon(fc1.last().gradient.square.value()) >= 3);  // and the history
  CHECK(of_mon(fc1.origin().weights.variance) >= 2);       // before the first update and before the last
  CHECK(of_mon(fc1.origin().units.at(0).variance_z) >= 2); // in the first samples and in the window
  CHECK(of_mon(fc1.origin().units.at(1).variance_z) >= 2);
  CHECK(of_mon((*fc1.units())[0].gradient_mean_square) == 1);
  CHECK(of_mon((*fc1.units())[0].magnitude) == 1);

  satur::monitor losses;
  for (int step = 0; step < 130; ++step) {
    losses.loss(step % 2 == 0 ? 1.5 : 1.0);
    losses["fc1"].observe(satur::relu{}, std::vector<double>{0.0});
    losses.end_step();
  }
  CHECK(refused(saved(losses), 0.25) >= 30); // blocks of 4 losses
}

TEST_CASE("monitor file: 1,000 damaged files throw with a message") {
  temporary const file;
  std::string const good = saved(trained(true));
  int tried = 0;
  for (std::uint64_t seed = 0; tried < 1000; ++seed) {
    std::mt19937_64 urbg(seed);
    std::string const bytes = damaged(good, urbg);
    if (bytes == good) {
      continue;
    }
    ++tried;
    file.put(bytes);
    std::string const words = file.refusal();
    CAPTURE(seed);
    REQUIRE(words.find("satur::load_monitor: ") == 0);
    REQUIRE(words.find("byte") != std::string::npos);
    REQUIRE(words.find("; ") != std::string::npos); // what to do
  }
}

TEST_CASE("monitor file: 1,000 damaged files with valid checksums throw or give a working monitor") {
  std::string const good = saved(trained(true));
  int refused = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 urbg(seed);
    std::string bytes = damaged(good, urbg);
    if (bytes.size() < 40) {
      continue;
    }
    std::string const header = good.substr(0, 16);
    bytes.replace(0, 16, header);
    mend(bytes);
    try {
      satur::monitor mon = loaded(bytes);
      std::ostringstream out;
      out << mon;
      write_history(mon, out);
      CHECK(loaded(saved(mon)).size() == mon.size());
      mon.clear();
      for (int i = 0; i < 20; ++i) {
        mon["fc1"].observe(satur::sigmoid{}, std::vector<double>{0.5});
        mon.end_step();
      }
    } catch (satur::file_error const& error) {
      ++refused;
      REQUIRE(std::string(error.what()).find("expected") != std::string::npos);
    }
  }
  CHECK(refused > 300); // all with bytes lost or put in, and more
}
