/* SPDX-License-Identifier: Apache-2.0
 *
 * store_twin.h - the caches of rtl/ in C, around hw/store: the same answers on the same channels in every cycle.
 *
 * Parameters are those of dut/store_shim.sv in lower case: kind (enum store_twin_kind), sets and ways or, of a walk
 * cache, sets0, ways0 ... of its levels, policy, index, probe, touch_on_fill, invalid_first, fill_in_flush, latency.
 * Any other number of sets than RTL can have is fine here, and so is policy lru.  For designs of others: sweep = 0, an
 * invalidation takes no cycle; and for what they are given, addr_bits and inval_simple: only all, a context, or a page
 * of a context is invalidated.
 */
#ifndef RTL_COSIM_TWIN_STORE_TWIN_H
#define RTL_COSIM_TWIN_STORE_TWIN_H
#include "rtl-cosim/twin/lockstep.h"

enum store_twin_kind { STORE_TWIN_IOTLB, STORE_TWIN_CFG, STORE_TWIN_WALK };

extern const struct cosim_dut_ops store_twin;

/* What it will say as store.ready in the next cycle: for a twin that has such a cache inside. */
bool store_twin_ready(const struct cosim_dut *d);

extern const struct lockstep_stimulus store_stimulus;

#endif
