# SPDX-License-Identifier: Apache-2.0
#
# verilated_dut(NAME TOP module SOURCES file.sv ... [ADAPTER file.cpp [DUTS dut ...]] [PARAMS SETS=64 ...] [ARGS ...])
#
# Makes library rtl_NAME of a design's RTL, translated by Verilator when it is built and not when it is
# configured, so that a mistake in it stops nothing else; the class is VNAME.  An ADAPTER defines cosim_dut_DUT
# for each of DUTS (one, NAME, unless said; called DUT_OPS there), and the program takes it in.
#
# One adapter can serve several designs.  It finds as macros: DUT_NAME, a string; DUT_CLASS, Verilator's class, of
# header DUT_HEADER; and DUT_BUILT, a header with P(name, value) for each of PARAMS, the name in lower case.

find_program(VERILATOR verilator)
find_path(VERILATOR_INCLUDE verilated.h HINTS $ENV{VERILATOR_ROOT}/include
  PATHS /usr/share/verilator/include /usr/local/share/verilator/include)

if(VERILATOR AND VERILATOR_INCLUDE AND FST_DIR AND ZLIB_FOUND)
  set(IOMMUSIM_RTL_DEFAULT ON)
else()
  set(IOMMUSIM_RTL_DEFAULT OFF)
  message(STATUS "no co-simulation against RTL: it needs the packages verilator and zlib1g-dev")
endif()
option(IOMMUSIM_RTL "build the RTL and its adapters (needs Verilator)" ${IOMMUSIM_RTL_DEFAULT})

set(VERILATOR_FLAGS -Wall --assert --trace-fst --x-assign fast -O3 --timescale 1ns/1ps
    --coverage-user --no-timing -CFLAGS -fPIC)

# Verilator's runtime.  Its waveform part includes the FST writer's sources, which the program has already: a copy
# beside empty files of their names does not find them, and links against library fst.
function(verilated_runtime)
  find_package(Threads REQUIRED)
  set(own ${CMAKE_CURRENT_BINARY_DIR}/verilated)
  configure_file(${VERILATOR_INCLUDE}/verilated_fst_c.cpp ${own}/verilated_fst_c.cpp COPYONLY)
  foreach(part fastlz fstapi lz4)
    file(WRITE ${own}/gtkwave/${part}.c "")
  endforeach()
  add_library(verilated STATIC ${own}/verilated_fst_c.cpp
    ${VERILATOR_INCLUDE}/verilated.cpp ${VERILATOR_INCLUDE}/verilated_cov.cpp
    ${VERILATOR_INCLUDE}/verilated_threads.cpp)
  target_include_directories(verilated SYSTEM PUBLIC ${VERILATOR_INCLUDE} ${VERILATOR_INCLUDE}/vltstd)
  target_compile_definitions(verilated PUBLIC VM_TRACE=1 VM_TRACE_FST=1 VM_COVERAGE=1)
  target_compile_options(verilated PRIVATE -w -O2 -fPIC)
  target_link_libraries(verilated PUBLIC fst Threads::Threads)
endfunction()

set(IOMMUSIM_DUTS "" CACHE STRING "the designs that are made of RTL; empty: all")
set(IOMMUSIM_DUT_OPTIMIZE -O2 CACHE STRING "how the C++ of a design is compiled")

function(verilated_dut name)
  cmake_parse_arguments(DUT "" "TOP;ADAPTER" "SOURCES;PARAMS;ARGS;DUTS" ${ARGN})
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/V${name})
  set(archive ${dir}/V${name}__ALL.a)
  set(sources)
  foreach(source ${DUT_SOURCES})
    get_filename_component(path ${source} ABSOLUTE)
    list(APPEND sources ${path})
  endforeach()
  set(built)
  foreach(param ${DUT_PARAMS})
    list(APPEND DUT_ARGS -G${param})
    string(REPLACE "=" ";" param ${param})
    list(GET param 0 param_name)
    list(GET param 1 param_value)
    string(TOLOWER ${param_name} param_name)
    string(APPEND built "P(\"${param_name}\", ${param_value})\n")
  endforeach()
  file(CONFIGURE OUTPUT ${dir}/V${name}_built.h CONTENT "${built}")
  if(IOMMUSIM_DUTS AND NOT name IN_LIST IOMMUSIM_DUTS)
    return()                           # its header is there for who makes it by other means
  endif()
  add_custom_command(OUTPUT ${archive}
    COMMAND ${VERILATOR} --cc ${VERILATOR_FLAGS} ${DUT_ARGS} --top-module ${DUT_TOP} --prefix V${name} --Mdir ${dir} ${sources}
    COMMAND make -s -C ${dir} -f V${name}.mk V${name}__ALL.a OPT_FAST=${IOMMUSIM_DUT_OPTIMIZE} OPT_SLOW=-O0 OPT_GLOBAL=${IOMMUSIM_DUT_OPTIMIZE}
    DEPENDS ${sources} COMMENT "Verilating ${name}" VERBATIM)
  add_custom_target(rtl_${name}_files DEPENDS ${archive})
  add_library(rtl_${name} STATIC IMPORTED GLOBAL)
  set_target_properties(rtl_${name} PROPERTIES IMPORTED_LOCATION ${archive})
  add_dependencies(rtl_${name} rtl_${name}_files)
  if(NOT DUT_ADAPTER)
    return()
  endif()
  add_library(dut_${name} OBJECT ${DUT_ADAPTER})
  add_dependencies(dut_${name} rtl_${name}_files)
  target_include_directories(dut_${name} SYSTEM PRIVATE ${dir})
  target_include_directories(dut_${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_options(dut_${name} PRIVATE -fPIC -O2)
  target_link_libraries(dut_${name} PUBLIC verilated)
  target_compile_definitions(dut_${name} PRIVATE DUT_OPS=cosim_dut_${name} DUT_NAME="${name}" DUT_CLASS=V${name}
    DUT_HEADER=<V${name}.h> DUT_BUILT=<V${name}_built.h>)
  target_sources(cosim PRIVATE $<TARGET_OBJECTS:dut_${name}>)
  target_link_libraries(cosim PUBLIC rtl_${name} verilated)
  if(NOT DUT_DUTS)
    set(DUT_DUTS ${name})
  endif()
  foreach(dut ${DUT_DUTS})
    set_property(GLOBAL APPEND_STRING PROPERTY IOMMUSIM_DUTS "D(${dut})\n")
  endforeach()
endfunction()
