#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A sweep gives the same rows whatever the number of jobs, however often it is interrupted; a failed point
# does not keep the others from finishing; mistakes in the file are told with their place.
set -u
sim=$1/bin/iommusim
[ -x "$sim" ] || { echo "no $sim: skipped"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

check() {                                   # check "what must hold" command...
    local what=$1
    shift
    if "$@"; then
        echo "ok    $what"
    else
        echo "FAIL  $what"
        failed=1
    fi
}
same()   { cmp -s <("$sim" show "$1" --dump) <("$sim" show "$2" --dump); }
alone()  { local found=("$dir/$1"*); [ ${#found[@]} = 1 ]; }     # no shard, no journal beside it
status() { "$sim" "${@:2}" > "$dir/out" 2> "$dir/err"; [ $? = "$1" ]; }
says()   { grep -qF -- "$1" "$dir/err"; }

cat > "$dir/load.yaml" <<'END'
seed: 1
accesses: 20000
step_ps: 10000
groups:
  - sid: 0x100
    mix:
      - { pattern: zipf, pages: 500, theta: 0.9, len: 4096, write: 30 }
END
cat > "$dir/sweep.yaml" <<'END'
profile: tiny
workload: load.yaml
label: sizes
axes:
  smmu.tbu.tlb.sets: [1, 16, 64]
END
sed 's/accesses: .*/accesses: 3000000/' "$dir/load.yaml" > "$dir/long.yaml"
sed 's/load.yaml/long.yaml/' "$dir/sweep.yaml" > "$dir/slow.yaml"
sed 's/16/-16/' "$dir/sweep.yaml" > "$dir/bad-point.yaml"
sed 's/axes:/axis:/' "$dir/sweep.yaml" > "$dir/bad-key.yaml"
sed 's/sets: .*/sets: 16/' "$dir/sweep.yaml" > "$dir/bad-list.yaml"

# ---- equal rows ---------------------------------------------------------------------------------------
check "a sweep of three points ends with 0" status 0 sweep "$dir/sweep.yaml" --db "$dir/one.db" --jobs 1
check "so does one with two jobs" status 0 sweep "$dir/sweep.yaml" --db "$dir/two.db" --jobs 2
check "both have three runs" [ "$("$sim" show "$dir/one.db" --dump | grep -c '^run|')" = 3 ]
check "one and two jobs give equal rows" same "$dir/one.db" "$dir/two.db"
check "the shards are gone" alone two.db
"$sim" run --profile tiny --workload "$dir/load.yaml" --set smmu.tbu.tlb.sets=16 --quiet --label sizes \
    --run-id 1 --point smmu.tbu.tlb.sets=16 --db "$dir/direct.db"
check "a point's rows are those of the run by hand" cmp -s \
    <("$sim" show "$dir/direct.db" --dump | grep -v '^run|') \
    <("$sim" show "$dir/one.db" --dump | grep -E '^[a-z_]+\|1\|' | grep -v '^run|')
check "more entries hit more often" [ "$("$sim" show "$dir/one.db" --json | tr -d ' \n' |
    grep -oE '"component":"smmu.tbu.tlb","lookups":[0-9]+,"hits":[0-9]+' | grep -oE '[0-9]+$' |
    sort -n -C -u && echo rising)" = rising ]
check "the sweep makes a plot" status 0 report "$dir/one.db" --plot hit-rate -o "$dir/hit-rate.svg"
check "whose axis is the structure varied" grep -q "entries of smmu.tbu.tlb" "$dir/hit-rate.svg"

# ---- going on -----------------------------------------------------------------------------------------
check "a database in use is not written over" status 2 sweep "$dir/sweep.yaml" --db "$dir/one.db"
check "and the way on is named" says "--resume goes on"
check "--resume finds nothing left to do" status 0 sweep "$dir/sweep.yaml" --db "$dir/one.db" --resume
check "and changes nothing" same "$dir/one.db" "$dir/two.db"
check "another sweep's database is refused" \
    status 2 sweep <(sed 's/64/128/' "$dir/sweep.yaml") --db "$dir/one.db" --resume
status 0 sweep "$dir/slow.yaml" --db "$dir/whole.db" --jobs 2
"$sim" sweep "$dir/slow.yaml" --db "$dir/cut.db" --jobs 1 > /dev/null 2>&1 &
pid=$!
until [ -s "$dir/cut.db.shard-1" ] || ! kill -0 $pid 2> /dev/null; do :; done
kill -INT $pid
wait $pid
check "an interrupted sweep ends with 130" [ $? = 130 ]
check "and leaves what was finished" [ "$("$sim" show "$dir/cut.db" --dump | grep -c '^run|0|')" = 1 ]
check "and no shards" alone cut.db
"$sim" sweep "$dir/slow.yaml" --db "$dir/cut.db" --resume --jobs 1 > /dev/null 2>&1 &
pid=$!
until [ -s "$dir/cut.db.shard-1" ] || ! kill -0 $pid 2> /dev/null; do :; done
{ kill -KILL $pid; wait $pid; } 2> /dev/null
check "a killed sweep's database is readable" status 0 show "$dir/cut.db"
check "and goes on" status 0 sweep "$dir/slow.yaml" --db "$dir/cut.db" --resume --jobs 2
check "to the rows of one that was left in peace" same "$dir/cut.db" "$dir/whole.db"

# ---- choices ------------------------------------------------------------------------------------------
cat > "$dir/choices.yaml" <<'END'
profile: server-smmu
workload: load.yaml
set:
  workload.accesses: 500
  smmu.tcu.wc.sets: 16
  smmu.tcu.prefetch_degree: 2
  smmu.parts.p0.first: 256
  smmu.parts.p0.last: 256
  smmu.parts.p0.slots: 1
axes:
  smmu.tcu.prefetch: [none, next]
  smmu.tcu.walk_caches: [level, unified]
  smmu.tbu.channel.hit_under_miss: [0, 65535]
  smmu.parts.by: [none, stream]
END
check "a sweep varies how the unit is organised" status 0 sweep "$dir/choices.yaml" --db "$dir/choices.db" \
    --jobs 2 --set smmu.tbu.tlb.sizes=skewed
check "and each choice makes a difference" [ "$("$sim" show "$dir/choices.db" --dump |
    grep "'smmu.timing'|'latency_ps'" | cut -d'|' -f6 | sort -u | wc -l)" -ge 8 ]

# ---- mistakes -----------------------------------------------------------------------------------------
check "a point that fails makes 2" status 2 sweep "$dir/bad-point.yaml" --db "$dir/bad.db" --jobs 2
check "is named" says "point 1 (smmu.tbu.tlb.sets=-16) failed with status 2"
check "and the others are there" [ "$("$sim" show "$dir/bad.db" --dump | grep '^run|' | cut -d'|' -f2 |
    tr '\n' ' ')" = "0 2 " ]
check "an unknown key is refused" status 2 sweep "$dir/bad-key.yaml" --db "$dir/none.db"
check "with its place and the nearest" says "bad-key.yaml:4:1: unknown key axis; did you mean axes"
check "a value for a list is refused" status 2 sweep "$dir/bad-list.yaml" --db "$dir/none.db"
check "with its place" says "bad-list.yaml:5:3: axes.smmu.tbu.tlb.sets: expected a list"
check "nothing was made" [ ! -e "$dir/none.db" ]
exit $failed
