/* SPDX-License-Identifier: Apache-2.0
 *
 * gen.h - generates a workload from its description in YAML (docs/workloads.md), record by record.
 *
 * The face is a trace reader's: gen_info, gen_streams and gen_next stand where trace_info,
 * trace_streams and trace_next do, so that whoever replays a trace can replay a generator.  The
 * records are intent (ATTACH, MAP, UNMAP, FLUSH) and accesses (READ, WRITE); every access lies in
 * one page of a mapping that is there.  The same description and seed give the same records, on
 * every machine: nothing here is computed in floating point.
 */
#ifndef WORKLOADS_DEVICE_GEN_H
#define WORKLOADS_DEVICE_GEN_H
#include "base/diag.h"
#include "traces/trace.h"

struct gen;

/* Reads the description.  `seed` replaces the one that stands there unless it is GEN_SEED_OWN; each of
 * set[sets], at most GEN_SETS_MAX, is a "workload.PATH=VALUE" that goes over what stands there:
 * workload.groups[0].count=4. */
#define GEN_SEED_OWN UINT64_MAX
#define GEN_SET_PREFIX "workload."
enum { GEN_SETS_MAX = 64 };
struct gen *gen_open(const char *path, uint64_t seed, const char *const *set, size_t sets,
                     struct diag *d);
void gen_close(struct gen *g);

/* head, streams and strings; the record counts are of what was generated so far. */
const struct trace_info *gen_info(const struct gen *g);
const struct trace_stream *gen_streams(const struct gen *g);     /* [gen_info()->streams] */
uint64_t gen_seed(const struct gen *g);
/* Ends after n accesses instead; before the first record. */
void gen_set_accesses(struct gen *g, uint64_t n);
uint64_t gen_accesses(const struct gen *g);                      /* in all, from the description */

/* How the description says that accesses arrive (arrival: enum replay_arrival); GEN_UNSAID where it does
 * not. */
#define GEN_UNSAID UINT64_MAX
struct gen_arrival { uint64_t arrival, outstanding, think_ps, packet; };
struct gen_arrival gen_arrival(const struct gen *g);

/* The next records, as trace_next gives them: *n = 0 at the end. */
int gen_next(struct gen *g, const struct rec **rec, const struct rec_ext **ext, size_t *n);

/* Starts again from the first record. */
void gen_rewind(struct gen *g);

/* Writes all that is left into a trace.  level is zstd's. */
int gen_write(struct gen *g, const char *path, int level, struct diag *d);

#endif
