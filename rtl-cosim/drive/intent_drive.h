/* SPDX-License-Identifier: Apache-2.0
 *
 * intent_drive.h - clocks a design that has tables of its own (COSIM_CAP_ENCODES), and judges it by what was meant.
 *
 * Records are intent: attach, detach, map, unmap, flush and accesses; raw ones of an architecture are left out.  The
 * design's adapter encodes each in memory (ops->encode); an unmap, a flush and a change of a device's attachment are
 * followed by the invalidation, which software waits for (ops->command).  Accesses are under way beside that, up to
 * `outstanding`, none before what stands before it in the trace has been begun.  With order `serial` one thing is done
 * after the other.  Answers come on rsp or, forwarded, on down; intent.h says what is right.
 *
 * A walker (L1) has no invalidations: what is changed is over at once, and an access is a walk.  A context's ASID is
 * then the domain.
 *
 * Addresses beyond the design's `va_bits` and devices from `devices` on (ops->built) are left out and counted.
 */
#ifndef RTL_COSIM_INTENT_DRIVE_H
#define RTL_COSIM_INTENT_DRIVE_H
#include "rtl-cosim/drive/driver.h"
#include "rtl-cosim/drive/intent.h"

/* From the first record to the last, and until all is answered.  What was found is added to v and st, latencies (may
 * be NULL) to l.  0, or SIM_EINPUT and SIM_EENV: the source's errors, the design could not be made, no memory. */
int intent_drive(const struct cosim_dut_ops *ops, const struct driver_options *opt, const struct replay_source *src,
                 struct verdicts *v, struct driver_stats *st, struct cosim_latency *l, struct diag *d);

#endif
