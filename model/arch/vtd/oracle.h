/* SPDX-License-Identifier: Apache-2.0
 *
 * oracle.h - VT-d for arch/oracle: the machine driven without caches, and what invalidations must
 *            remove: no more than the manual demands.  [VT-d 6.5; fact sheet 7.4]
 *
 * Root and context entries live on in the context cache; translations, and cached non-leaf entries,
 * are derived from them.  A non-leaf entry lives on in the walk caches, and translations are
 * derived from it; a leaf is its translation.
 */
#ifndef ARCH_VTD_ORACLE_H
#define ARCH_VTD_ORACLE_H
#include "arch/oracle.h"
#include "arch/vtd/invdesc.h"

extern const struct oracle_arch vtd_oracle;

/* False if the request removes nothing from any cache of the unit. */
bool vtd_oracle_inval(const struct vtd_inv *inv, struct oracle_inval *out);

#endif
