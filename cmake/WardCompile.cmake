# Compiler and linker flags that hold for every target of the project.

add_library(ward_flags INTERFACE)
target_compile_options(ward_flags INTERFACE
  ${WARD_OPTIMISE}
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
  -Wimplicit-fallthrough -Wextra-semi -Woverloaded-virtual -Wswitch -Wundef -Wvla
  -fno-omit-frame-pointer -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these in its own library headers at -O1 and above (bugs 105329, 105593, 107852).
  target_compile_options(ward_flags INTERFACE
    -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds
    -Wno-dangling-pointer -Wno-maybe-uninitialized -Wno-free-nonheap-object)
else()
  target_compile_options(ward_flags INTERFACE -Wthread-safety)
endif()
if(WARD_SANITIZE)
  target_compile_options(ward_flags INTERFACE -fsanitize=${WARD_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(ward_flags INTERFACE -fsanitize=${WARD_SANITIZE})
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(ward_flags INTERFACE -D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS
    -fstack-clash-protection -fcf-protection -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
  target_link_options(ward_flags INTERFACE -Wl,-z,relro,-z,now)
endif()
# A program loads what it uses, not all that its rooms may use.
target_link_options(ward_flags INTERFACE -Wl,--as-needed)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(WARD_MOLD mold)
if(WARD_MOLD)
  target_link_options(ward_flags INTERFACE -fuse-ld=mold)
endif()
find_program(WARD_CCACHE ccache)
if(WARD_CCACHE)
  # Paths below the source are taken relative, so that another checkout finds the same objects.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${WARD_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()
