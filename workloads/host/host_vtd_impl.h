/* SPDX-License-Identifier: Apache-2.0
 *
 * host_vtd_impl.h - what the files of the host's VT-d half share: descriptors and tables (host_vtd.c), the
 * structures that lead to a table (host_vtd_entries.c), and interrupts (host_vtd_ir.c).
 */
#ifndef WORKLOADS_HOST_HOST_VTD_IMPL_H
#define WORKLOADS_HOST_HOST_VTD_IMPL_H
#include "arch/vtd/invdesc.h"
#include "arch/vtd/pasid.h"
#include "workloads/host/host_impl.h"

/* Linux' numbers of domains: pass-through has one of its own. */
enum { HOST_VTD_PASS_DID = 1, HOST_VTD_FIRST_DID = 2 };

/* What CAP and ECAP offer. */
const struct vtd_regs *host_vtd_unit(const struct host *h);
/* Levels of a second-stage table, and of a first-stage one. */
unsigned host_vtd_levels(const struct host *h);
unsigned host_vtd_first_levels(const struct host *h);

int  host_vtd_give(struct host *h, const struct vtd_inv *inv);
/* The wait descriptor that ends every submission. */
int  host_vtd_wait(struct host *h);

int  host_vtd_gcmd(struct host *h, uint64_t gcmd);
/* Entries for params.interrupts interrupts, and remapping switched on; gcmd is what is on so far. */
int  host_vtd_interrupts(struct host *h, uint64_t gcmd);

/* struct host_ops' attach, in legacy and in scalable mode. */
int  host_vtd_attach_context(struct host *h, struct host_stream *s);
int  host_vtd_attach_pasid(struct host *h, struct host_stream *s);

#endif
