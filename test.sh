#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds everything and runs all tests: release and sanitizer builds, both compilers without a warning, static
# analysis, some fuzzing, equal rows from every build.  Asks for nothing; ends with one line,
# `N passed, N failed`, and exits 1 if anything failed.
#
#   test.sh          all of it, below 20 minutes on two cores
#   test.sh quick    the release build and its tests alone
#   test.sh rtl      every design of RTL and all tests of them, which the first form does for a few
#
# shellcheck disable=SC2317   # functions are called through step
set -u
cd "$(dirname "$0")" || exit 2

logs=build/test-logs
passed=0
failed=0
jobs=$(nproc)
fuzz_seconds=45

# step NAME COMMAND...: one check, its output in a log that is shown if it fails
step() {
    local name=$1 start=$SECONDS
    shift
    if "$@" >"$logs/$name.log" 2>&1; then
        passed=$((passed + 1))
        printf 'ok      %4d s  %s\n' $((SECONDS - start)) "$name"
        return 0
    fi
    failed=$((failed + 1))
    printf 'FAILED  %4d s  %s\n' $((SECONDS - start)) "$name"
    tail -n 40 "$logs/$name.log" | sed 's/^/    /'
    return 1
}

# A build in which a warning is an error.
build() {
    cmake --preset "$1" -DCMAKE_COMPILE_WARNING_AS_ERROR=ON "${@:2}" && cmake --build --preset "$1"
}

build_fuzz() {
    cmake --preset fuzz -DCMAKE_COMPILE_WARNING_AS_ERROR=ON && cmake --build --preset fuzz --target fuzzers
}

build_program() {
    cmake --preset "$1" -DIOMMUSIM_RTL=OFF -DCMAKE_COMPILE_WARNING_AS_ERROR=ON && cmake --build --preset "$1" --target iommusim
}

# tests PRESET [CTEST ARGUMENT...]: every ctest counts as one
tests() {
    local start=$SECONDS line ok bad
    ctest --preset "$1" -j "$jobs" "${@:2}" >"$logs/ctest-$1.log" 2>&1
    line=$(grep -E '^[0-9]+% tests passed' "$logs/ctest-$1.log")
    bad=$(sed -E 's/.*, ([0-9]+) tests? failed out of.*/\1/' <<<"$line")
    ok=$(($(sed -E 's/.*out of ([0-9]+).*/\1/' <<<"$line") - bad))
    if [ -z "$line" ] || [ "$bad" != 0 ]; then
        printf 'FAILED  %4d s  ctest %s: %s\n' $((SECONDS - start)) "$1" "${line:-did not run}"
        grep -E '\*\*\*|Failed' "$logs/ctest-$1.log" | sort -u | sed 's/^/    /'
        failed=$((failed + ${bad:-1}))
    else
        printf 'ok      %4d s  ctest %s: %d tests\n' $((SECONDS - start)) "$1" "$ok"
    fi
    passed=$((passed + ok))
}

sources() {
    find model traces results workloads rtl-cosim cli -name '*.c' | sort
}

# Findings as "file check"; those in tests/clang-tidy.txt have been looked at.  IOMMUSIM_FULL follows five times as many
# paths, and takes five minutes.
tidy() {
    local short=(--extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang --extra-arg=max-nodes=40000)
    [ -n "${IOMMUSIM_FULL:-}" ] && short=()
    sources | xargs -P "$jobs" -n 4 clang-tidy --quiet -p build/clang "${short[@]}" 2>/dev/null >"$logs/tidy.txt"
    sed -nE "s|^$PWD/([^:]*):[0-9:]* error: .*\[([^],]*).*|\1 \2|p" "$logs/tidy.txt" | sort -u >"$logs/tidy-found.txt"
    grep -v '^#' tests/clang-tidy.txt | sort -u | comm -23 "$logs/tidy-found.txt" - >"$logs/tidy-new.txt"
    while read -r file check; do
        grep -E "$file:[0-9:]* error: .*\[$check" "$logs/tidy.txt"
    done <"$logs/tidy-new.txt" | sort -u
    [ ! -s "$logs/tidy-new.txt" ]
}

cpp_check() {
    cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -j "$jobs" -I model -I . \
        --enable=warning,performance --suppressions-list=tests/cppcheck.txt --library=posix \
        model traces results workloads rtl-cosim cli
}

shell_check() {
    shellcheck -S warning ./*.sh .ci/run rtl-cosim/*.sh tests/*.sh tests/*/*.sh tests/*/*/*.sh
}

# Each harness its share of the time, from an empty corpus or tests/fuzz/corpus/NAME; the units from their vectors.
fuzz() {
    local n bad=0 work name corpus options
    n=$(find tests/fuzz -name 'fuzz_*.c' | wc -l)
    work=$(mktemp -d)
    for source in tests/fuzz/fuzz_*.c; do
        name=$(basename "$source" .c)
        corpus=("$work/$name")
        [ -d "tests/fuzz/corpus/$name" ] && corpus+=("tests/fuzz/corpus/$name")
        mkdir -p "$work/$name"
        options=()
        if [[ $name =~ ^fuzz_(smmuv3|vtd) ]]; then
            local unit=${BASH_REMATCH[1]}
            tests/fuzz/"$unit"_seeds.py tests/conformance/"$unit"-vectors.json "$work/$name" || bad=1
            options=(-entropic=0 -max_len=1600 -len_control=0)
        fi
        echo "== $name"
        build/fuzz/bin/"$name" -max_total_time=$((fuzz_seconds / n)) -timeout=10 -rss_limit_mb=2048 \
            -print_final_stats=1 -verbosity=0 -artifact_prefix="$logs/" "${options[@]}" "${corpus[@]}" || bad=1
    done
    rm -rf "$work"
    return $bad
}

# The sample, imported and replayed by each build in both modes: equal traces, equal rows.
equal_rows() {
    local work first='' sample=traces/samples/smmuv3-nvme-strict-cut bad=0
    work=$(mktemp -d)
    for preset in release debug clang asan; do
        local program=build/$preset/bin/iommusim
        "$program" import -q $sample.qemu.log.zst $sample.ftrace.txt.zst -o "$work/a.trc" || return 1
        for profile in qemu10 server-smmu embedded-smmu; do
            for mode in functional timed; do
                "$program" run --quiet --profile $profile --trace "$work/a.trc" --check --reuse --mode $mode \
                    --db "$work/$preset.db" || return 1
            done
        done
        "$program" run --quiet --profile server-vtd --workload workloads/scenarios/strict-rx.yaml \
            --set workload.accesses=20000 --db "$work/$preset.db" || return 1
        "$program" cosim --dut model --random 300 --rounds 2 --no-model --quiet --save "$work/random.trc" \
            --db "$work/$preset.db" || return 1
        "$program" show --dump "$work/$preset.db" | sed "s|$work||g; s|$preset.db|db|" >"$work/$preset.txt"
        sha256sum <"$work/a.trc" >>"$work/$preset.txt"
        sha256sum <"$work/random.trc" >>"$work/$preset.txt"
        wc -l "$work/$preset.txt"
        [ -s "$work/$preset.txt" ] || bad=1
        if [ -z "$first" ]; then
            first=$preset
        else
            diff "$work/$first.txt" "$work/$preset.txt" | head -20
            cmp -s "$work/$first.txt" "$work/$preset.txt" || bad=1
        fi
    done
    rm -rf "$work"
    return $bad
}

# A few designs, quickly made: blocks, the whole one, the foreign one.
rtl() {
    local program=build/rtl/bin/iommusim
    cmake -G Ninja -S . -B build/rtl -DCMAKE_BUILD_TYPE=Debug -DIOMMUSIM_RTL=ON -DIOMMUSIM_DUT_OPTIMIZE=-O1 \
        "-DIOMMUSIM_DUTS=iotlb;cmdq;iommu_top;pmmu" -DCMAKE_COMPILE_WARNING_AS_ERROR=ON &&
        cmake --build build/rtl --target iommusim judge test_foreign test_top rtl_fields &&
        ctest --test-dir build/rtl --output-on-failure -R '^(test_foreign|test_top|check_lint|check_calibrate|check_bring_your_own)$' &&
        timeout 120 "$program" cosim --dut iotlb --random 100000 &&
        timeout 120 "$program" cosim --dut cmdq --random 100000 &&
        timeout 120 "$program" cosim --dut iommu_top --random 1500 --order race --memory-latency 5..60 &&
        timeout -s KILL 120 "$program" cosim --dut iommu_top --random 300 --wave build/rtl/top.fst &&
        { tests/rtl-cosim/shown.sh build/rtl/top.fst || [ $? = 77 ]; }
}

# Eight of the bugs that are kept as data: four of the RTL by hand, two drawn, two of the model.
mutants() {
    tests/rtl-cosim/mutants/campaign.sh build/rtl drawn=tests/rtl-cosim/mutants/drawn.txt blocks=first rounds=1 step=0 \
        accesses=600 jobs="$jobs" only=plru-not-turned,queue-wrap-missed,range-one-short,walker-slot-leaked,drawn-016,drawn-021,tlbi-asid-ignored,block-boundary
}

rtl_all() {
    cmake -G Ninja -S . -B build/rtl-all -DCMAKE_BUILD_TYPE=Debug -DIOMMUSIM_RTL=ON &&
        cmake --build build/rtl-all && ctest --test-dir build/rtl-all --output-on-failure -R 'lockstep|walker|cfg_fetch|foreign|lint|test_top|cosim' &&
        for order in serial overlap race; do
            build/rtl-all/bin/iommusim cosim --dut iommu_small --random 3000 --order $order --memory-latency 5..60 || return 1
        done &&
        build/rtl-all/bin/iommusim cosim --dut iommu_small --random 1500 --order serial --reads
}

# has NAME COMMAND: says what is left out for want of a program
has() {
    command -v "$1" >/dev/null && return 0
    printf 'left out       %s: not installed\n' "$1"
    return 1
}

finish() {
    printf '\n%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" = 0 ]
    exit
}

./install-deps.sh test || exit 2
mkdir -p "$logs"
echo "logs are in $logs"

[ "${1:-}" = rtl ] && { step rtl-all rtl_all; finish; }

step build-release build release -DIOMMUSIM_RTL=OFF && tests release
[ "${1:-}" = quick ] && finish
# What compares much and long with the outside is the release build's; equal-rows ties the others to it.
step build-asan build asan && tests asan -E 'check_(stale|captures|timed|sweep)'
step build-clang build clang && tests clang -E 'check_(stale|captures|timed|validation)'
step build-debug build_program debug && step equal-rows equal_rows
has verilator && step rtl rtl && step mutants mutants
has clang-tidy && step clang-tidy tidy
has cppcheck && step cppcheck cpp_check
has shellcheck && step shellcheck shell_check
step build-fuzz build_fuzz && step fuzz fuzz
finish
