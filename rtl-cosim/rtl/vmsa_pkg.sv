// SPDX-License-Identifier: Apache-2.0
//
// vmsa_pkg - what descriptors of VMSAv8-64 tables mean, 4K granule, both stages: the functions of a walker.
//
// Twin: model/arch/table/vmsa.c, and smmuv3_xl_select_half() of model/arch/smmuv3/translate.c.  Nothing here has
// state.  Levels are 0 to 3; a leaf of level 0 is none.  Left out, since the design's identification registers
// say so: other granules, LPA2, hardware updates of descriptors, XNX, FWB, E0PD and EPAN.

package vmsa_pkg;
  import iommu_pkg::*;
  import smmuv3_fields_pkg::*;

  // Hierarchical bits gathered on the way, as seed_t keeps them.
  localparam int HIER_NO_USER  = 0;
  localparam int HIER_NO_WRITE = 1;
  localparam int HIER_UXN      = 2;
  localparam int HIER_PXN      = 3;

  typedef enum logic [2:0] {
    D_TABLE, D_LEAF, D_TRANSLATION, D_ADDR_SIZE, D_ACCESS
  } desc_kind_t;

  typedef struct packed {
    desc_kind_t       kind;
    logic [PA_W-1:12] pa;       // of the table, or of the block: aligned to it
    logic [3:0]       hier;     // with this table's
    perm_t            perm;     // of a leaf, from here on
    logic             global_;
    logic             device;   // stage 2: MemAttr says so
  } desc_t;

  // What a stage's descriptors are read under.
  typedef struct packed {
    logic       stage2;
    logic [2:0] ps;             // output size, as CD.IPS and STE.S2PS have it
    logic       affd;
    logic       had;
    logic       wxn;
    logic       pan;
  } rules_t;

  // Where an address is looked up by stage 1.
  typedef struct packed {
    logic            ranged;    // in the range of a table
    logic            half;      // TTB1
    logic [63:0]     canon;     // without its tag: what TLBs key
    logic [PA_W-1:0] va;        // input of the walk
  } half_sel_t;

  // log2 of the block of a level: 39, 30, 21, 12.
  function automatic logic [5:0] level_log2(logic [1:0] level);
    return 6'd39 - 6'd9 * {4'd0, level};
  endfunction

  function automatic logic [PA_W-1:0] low_mask(logic [5:0] bits);
    return ~({PA_W{1'b1}} << bits);
  endfunction

  // Output bits by their code, OAS at most.
  function automatic logic [5:0] size_bits(logic [2:0] code);
    case (code)
      3'd0:    return 6'd32;
      3'd1:    return 6'd36;
      3'd2:    return 6'd40;
      3'd3:    return 6'd42;
      3'd4:    return 6'd44;
      default: return 6'd48;
    endcase
  endfunction

  function automatic logic [1:0] s1_start(logic [5:0] tsz);
    return tsz < 6'd25 ? 2'd0 : tsz < 6'd34 ? 2'd1 : 2'd2;
  endfunction

  // 4K: S2SL0 = 3 is reserved.
  function automatic logic [1:0] s2_start(logic [1:0] sl0);
    return 2'd2 - sl0;
  endfunction

  // Where the descriptor for an input is.  At the start level tables may be shorter than a page, or several
  // one after the other: the index is not cut off there.
  function automatic logic [PA_W-1:0] point(logic [PA_W-1:0] base, logic [PA_W-1:0] in, logic [1:0] level,
                                            logic [1:0] start);
    logic [PA_W-1:0] index;
    index = in >> level_log2(level);
    if (level != start) index &= PA_W'(511);
    return base + (index << 3);
  endfunction

  function automatic logic in_half(half_t h, logic upper, logic [63:0] addr);
    logic [63:0] mask;
    logic        unused;
    unused = ^h;
    mask = {64{1'b1}} << (7'd64 - {1'b0, h.tsz});
    if (h.tbi) mask[63:56] = '0;
    return !h.epd && (upper ? (addr & mask) == mask : (addr & mask) == '0);
  endfunction

  function automatic half_sel_t select_half(cfg_t c, logic [63:0] addr);
    half_sel_t   s;
    logic [63:0] low;
    logic        unused;
    unused   = ^c;
    s.half   = !in_half(c.lower, 1'b0, addr);
    s.ranged = !s.half || in_half(c.upper, 1'b1, addr);
    low      = ~({64{1'b1}} << (7'd64 - {1'b0, s.half ? c.upper.tsz : c.lower.tsz}));
    s.canon  = !s.ranged ? addr : s.half ? addr | ~low : addr & low;
    s.va     = PA_W'(addr & low);
    return s;
  endfunction

  // The one bit of a perm_t that an access needs: enum xl_perm, xl_need().
  function automatic perm_t need(logic write, logic exec, logic priv);
    perm_t n;
    n = write ? perm_t'(2) : exec ? perm_t'(4) : perm_t'(1);
    return priv ? n << 3 : n;
  endfunction

  function automatic perm_t s1_perm(logic [63:0] d, logic [3:0] hier, logic wxn, logic pan);
    logic user, ro, x, pr, pw, px;
    user = d[PTE_AP_LO] && !hier[HIER_NO_USER];
    ro   = d[PTE_AP_HI] || hier[HIER_NO_WRITE];
    x    = !d[PTE_UXN_LO] && !hier[HIER_UXN] && !(wxn && user && !ro);
    px   = !d[PTE_PXN_LO] && !hier[HIER_PXN] && !(user && !ro) && !(wxn && !ro);
    pr   = !(pan && user);
    pw   = !ro && !(pan && user);
    return {px, pw, pr, x, user && !ro, user};
  endfunction

  function automatic perm_t s2_perm(logic [63:0] d);
    logic r, w, x;
    r = d[S2PTE_S2AP_LO];
    w = d[S2PTE_S2AP_HI];
    x = !d[S2PTE_XN_HI];
    return {x, w, r, x, w, r};
  endfunction

  function automatic logic too_large(logic [PA_W-1:12] pa, logic [2:0] ps);
    return ({pa, 12'd0} >> size_bits(ps)) != '0;
  endfunction

  // A descriptor as read at a level.  Order of checks: validity, address size, access flag; permission is for
  // whoever has the access.
  function automatic desc_t decode(logic [63:0] d, logic [1:0] level, rules_t r, logic [3:0] hier);
    desc_t o;
    logic  tab;
    tab       = d[PTE_TYPE_LO] && level != 2'd3;
    o.hier    = hier;
    o.perm    = r.stage2 ? s2_perm(d) : s1_perm(d, hier, r.wxn, r.pan);
    o.global_ = !r.stage2 && !d[PTE_NG_LO];
    o.device  = r.stage2 && d[S2PTE_MEMATTR_HI -: 2] == 2'd0;
    o.pa      = d[PTE_ADDR_HI:PTE_ADDR_LO];
    if (!tab) o.pa &= (PA_W-12)'({PA_W{1'b1}} << level_log2(level) >> 12);
    if (!d[PTE_VALID_LO] || (level == 2'd3 && !d[PTE_TYPE_LO]) || (!tab && level == 2'd0))
      o.kind = D_TRANSLATION;
    else if (too_large(o.pa, r.ps))
      o.kind = D_ADDR_SIZE;
    else if (tab)
      o.kind = D_TABLE;
    else if (!d[PTE_AF_LO] && !r.affd)
      o.kind = D_ACCESS;
    else
      o.kind = D_LEAF;
    if (!r.stage2 && !r.had)
      o.hier |= {d[PTE_PXNTABLE_LO], d[PTE_UXNTABLE_LO], d[PTE_APTABLE_HI:PTE_APTABLE_LO]};
    return o;
  endfunction

endpackage
