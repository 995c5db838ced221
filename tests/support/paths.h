// Where the checkout and its build lie. Only paths.cc is compiled with them, so that every other
// object is the same in each checkout and ccache finds it again.
#pragma once

#include <filesystem>

namespace ward::testing {

// The root of the checkout: the folder of CMakePresets.json.
std::filesystem::path source_dir();

// The folder of this build (build/PRESET): tests make their temporary files below it.
std::filesystem::path binary_dir();

// Conformance data made by others: WARD_CONFORMANCE_DIR, else ../shared/conformance beside the
// checkout. It may be absent.
std::filesystem::path conformance_dir();

}  // namespace ward::testing
