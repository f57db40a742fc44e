/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep_plan.h - what a sweep's file asks for: fixed settings, and axes whose combinations are its
 * points.
 *
 *     profile: server-smmu           any long option of `run` that takes a value
 *     trace: ../traces/nvme.trc      files are taken from the sweep file's directory
 *     set: { smmu.tlb.policy: lru }  as --set
 *     axes:                          every combination; the last axis runs fastest
 *       smmu.tlb.sets: [16, 64]      a parameter's path, or an option of `run`
 *       seed: [1, 2]
 *     zip:                           these vary together: one dimension, after the axes
 *       smmu.tlb.ways: [4, 8]        (a list of such maps: a dimension each)
 *       smmu.cfg.ways: [8, 16]
 *
 * Point K is the Kth combination, counted from 0.
 */
#ifndef CLI_SWEEP_PLAN_H
#define CLI_SWEEP_PLAN_H
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/yaml.h"

enum { SWEEP_POINTS_MAX = 1000000 };

struct sweep_axis {
    const char *name;                  /* path or option                        */
    const struct yaml_item *list;      /* its values                            */
    size_t dim;                        /* axes of one dimension vary together   */
};

struct sweep_plan {
    struct yaml yaml;
    char dir[1024];                    /* of the file, "" or with the slash     */
    struct sweep_axis *axis;           /* [axes]                                */
    size_t axes;
    size_t *dim;                       /* [dims]: number of values              */
    size_t dims;
    uint64_t points;
    const char *const *set;            /* [sets]: PATH=VALUE from the command line, over the file's */
    size_t sets;
};

int  sweep_plan_load(struct sweep_plan *p, const char *file, struct diag *d);
void sweep_plan_destroy(struct sweep_plan *p);

/* The value of an axis at a point, as the file has it. */
const char *sweep_plan_value(const struct sweep_plan *p, const struct sweep_axis *a,
                             uint64_t point);

/* "smmu.tlb.sets=16 seed=2" */
void sweep_plan_describe(const struct sweep_plan *p, uint64_t point, char *buf, size_t size);

/* The arguments of `run` for a point, for jobs.h; NULL: no memory. */
char **sweep_plan_argv(const struct sweep_plan *p, const char *program, const char *shard,
                       uint64_t point);

#endif
