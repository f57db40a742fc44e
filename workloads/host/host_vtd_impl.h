/* SPDX-License-Identifier: Apache-2.0
 *
 * host_vtd_impl.h - what the files of the host's VT-d half share: descriptors and tables (host_vtd.c), the
 * structures that lead to a table (host_vtd_entries.c), devices that translate ahead (host_vtd_ats.c), and interrupts
 * (host_vtd_ir.c).
 */
#ifndef WORKLOADS_HOST_HOST_VTD_IMPL_H
#define WORKLOADS_HOST_HOST_VTD_IMPL_H
#include "arch/vtd/invdesc.h"
#include "arch/vtd/pasid.h"
#include "system/ats.h"
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

/* host_vtd_ats.c: has the unit device TLBs, has this function its own on, in its context entry?  Scalable mode:
 * switches it on or off as the stream says. */
bool host_vtd_offers_ats(const struct host *h);
bool host_vtd_device_on(const struct host *h, uint32_t sid);
int  host_vtd_switch_device(struct host *h, const struct host_stream *s);
/* What devices have of the domain, without a wait; all that a device has of a stream, with one. */
int  host_vtd_invalidate_devices(struct host *h, const struct host_domain *d, uint64_t first, uint64_t last);
int  host_vtd_leave_device(struct host *h, const struct host_stream *s);
/* The page request queue; struct host_ops' page_response. */
int  host_vtd_start_pages(struct host *h);
int  host_vtd_page_response(struct host *h, const struct page_request *r, enum pri_code code);

/* struct host_ops' attach, in legacy and in scalable mode. */
int  host_vtd_attach_context(struct host *h, struct host_stream *s);
int  host_vtd_attach_pasid(struct host *h, struct host_stream *s);

#endif
