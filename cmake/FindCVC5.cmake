# cvc5, an SMT solver, whose Debian package has no CMake configuration: target CVC5::CVC5.
find_path(CVC5_INCLUDE_DIR cvc5/cvc5.h)
find_library(CVC5_LIBRARY cvc5)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CVC5 REQUIRED_VARS CVC5_LIBRARY CVC5_INCLUDE_DIR)
if(CVC5_FOUND AND NOT TARGET CVC5::CVC5)
  add_library(CVC5::CVC5 UNKNOWN IMPORTED)
  set_target_properties(CVC5::CVC5 PROPERTIES
    IMPORTED_LOCATION "${CVC5_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${CVC5_INCLUDE_DIR}")
endif()
mark_as_advanced(CVC5_INCLUDE_DIR CVC5_LIBRARY)
