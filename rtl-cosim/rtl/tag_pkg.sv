// SPDX-License-Identifier: Apache-2.0
//
// tag_pkg - keys and tags of the stores, and what a command removes from them.
//
// Bits are those of TLB_TAG in model/system/smmuv3/smmuv3.h, commands those of model/system/smmuv3/inval.c.  A translation
// is kept under the tag of its context, a global one under that of the ASID it was walked for.

package tag_pkg;
  import iommu_pkg::*;

  localparam int TAG_ASID   = 0;
  localparam int TAG_VMID   = 16;
  localparam int TAG_GLOBAL = 32;
  localparam int TAG_S1     = 33;
  localparam int TAG_REGIME = 34;       // two bits, 0: EL1, the only one there is
  localparam int TAG_HALF   = 38;       // TTB1; in keys of stage 1's walk cache only
  localparam int TAG_PIECE  = 39;

  // Context of the IOTLB.
  function automatic logic [CTX_W-1:0] context_tag(logic s1, logic [15:0] asid, logic [15:0] vmid);
    logic [CTX_W-1:0] t;
    t                   = '0;
    t[TAG_ASID +: 16]   = s1 ? asid : '0;
    t[TAG_VMID +: 16]   = vmid;
    t[TAG_S1]           = s1;
    return t;
  endfunction

  // Context of stage 1's walk cache; of stage 2's it is context_tag.
  function automatic logic [CTX_W-1:0] walk_key(logic half, logic [15:0] asid, logic [15:0] vmid);
    logic [CTX_W-1:0] t;
    t           = context_tag(1'b1, asid, vmid);
    t[TAG_HALF] = half;
    return t;
  endfunction

  // Context of the configuration cache.
  function automatic logic [CTX_W-1:0] stream_key(logic [SID_W-1:0] sid, logic ssv, logic [SSID_W-1:0] ssid);
    return CTX_W'(sid) | (ssv ? (CTX_W'(ssid) + CTX_W'(1)) << 32 : '0);
  endfunction

  function automatic match_t by_tag(logic [TAG_W-1:0] mask, logic [TAG_W-1:0] value);
    match_t m;
    m              = '0;
    m.n_tag        = 2'd1;
    m.tag_mask[0]  = mask;
    m.tag_value[0] = value & mask;
    return m;
  endfunction

  function automatic logic [TAG_W-1:0] tag_mask(logic s1, logic vmid, logic asid, logic global_);
    logic [TAG_W-1:0] m;
    m                   = '0;
    m[TAG_REGIME +: 2]  = '1;
    m[TAG_S1]           = s1;
    m[TAG_VMID +: 16]   = {16{vmid}};
    m[TAG_ASID +: 16]   = {16{asid}};
    m[TAG_GLOBAL]       = global_;
    return m;
  endfunction

  // With an ASID, global entries match only where an address is given, too.
  function automatic match_t stage1(cmd_t c, logic asid, logic by_addr);
    match_t           m;
    logic [TAG_W-1:0] global_value;
    logic             unused;
    unused = ^c;
    m = by_tag(tag_mask(1'b1, 1'b1, asid, asid), context_tag(1'b1, c.asid, c.vmid));
    if (asid && by_addr) begin
      global_value             = context_tag(1'b1, '0, c.vmid);
      global_value[TAG_GLOBAL] = 1'b1;
      m.n_tag        = 2'd2;
      m.tag_mask[1]  = tag_mask(1'b1, 1'b1, 1'b0, 1'b1);
      m.tag_value[1] = global_value;
    end
    m.by_addr = by_addr;
    m.first   = by_addr ? c.first : '0;
    m.last    = by_addr ? c.last : '0;
    return m;
  endfunction

  // What a command removes.  A SYNC removes nothing.
  function automatic inval_t removed_by(cmd_t c);
    inval_t v;
    v = '0;
    case (c.kind)
      INV_CONFIG: begin
        v.cfg_valid     = 1'b1;
        v.cfg.ctx_mask  = {32'h0, ~(c.sid_last - c.sid_first)};
        v.cfg.ctx_value = {32'h0, c.sid_first};
      end
      INV_ALL, INV_VMID: begin
        v.tlb_valid = 1'b1;
        v.tlb       = by_tag(tag_mask(1'b0, c.kind == INV_VMID, 1'b0, 1'b0), context_tag(1'b0, '0, c.vmid));
        v.wc1_valid = 1'b1;
        v.wc1       = v.tlb;
        v.wc2_valid = 1'b1;
        v.wc2       = v.tlb;
      end
      INV_VMID_S1, INV_ASID: begin
        v.tlb_valid = 1'b1;
        v.tlb       = stage1(c, c.kind == INV_ASID, 1'b0);
        v.wc1_valid = 1'b1;
        v.wc1       = v.tlb;
      end
      INV_VA, INV_VAA: begin
        v.tlb_valid = 1'b1;
        v.tlb       = stage1(c, c.kind == INV_VA, 1'b1);
        v.wc1_valid = !c.leaf;
        v.wc1       = v.tlb;
      end
      INV_IPA: begin
        v.tlb_valid   = 1'b1;
        v.tlb         = by_tag(tag_mask(1'b1, 1'b1, 1'b0, 1'b0), context_tag(1'b0, '0, c.vmid));
        v.tlb.by_addr = 1'b1;
        v.tlb.first   = c.first;
        v.tlb.last    = c.last;
        v.wc2_valid   = !c.leaf;
        v.wc2         = v.tlb;
      end
      default: ;
    endcase
    return v;
  endfunction

  // An address inside a stage 1 block ends all of the block, also the pieces that a smaller stage 2 cut it into:
  // the same command once more, for pieces alone, and the whole 2^block bytes around.
  function automatic match_t pieces(match_t of, logic [5:0] block);
    match_t      m;
    logic [63:0] low;
    m       = of;
    low     = ~({64{1'b1}} << block);
    m.first = of.first & ~low;
    m.last  = of.last | low;
    for (int i = 0; i < 2; i++) begin
      m.tag_mask[i][TAG_PIECE]  = 1'b1;
      m.tag_value[i][TAG_PIECE] = 1'b1;
    end
    return m;
  endfunction

  // Could it remove a translation of this context, whose block is not known but is no larger than 1 GB?
  function automatic logic may_remove(match_t m, logic [CTX_W-1:0] ctx, logic addr_known, logic [63:0] addr);
    logic row, any, unused;
    logic [TAG_W-1:0] known;
    unused = ^m ^ ^addr;
    any = m.n_tag == '0;
    known = '1;
    known[TAG_GLOBAL] = 1'b0;
    known[TAG_PIECE]  = 1'b0;
    for (int i = 0; i < 2; i++) begin
      row = 2'(i) < m.n_tag && ((ctx ^ m.tag_value[i]) & m.tag_mask[i] & known) == '0;
      any = any || row;
    end
    return any && (!m.by_addr || !addr_known ||
                   (m.first[63:30] <= addr[63:30] && addr[63:30] <= m.last[63:30]));
  endfunction

endpackage
