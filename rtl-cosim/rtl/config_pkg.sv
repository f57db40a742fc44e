// SPDX-License-Identifier: Apache-2.0
//
// config_pkg - what an STE and a CD mean and when they are illegal.
//
// Twin: model/arch/smmuv3/config.c with the identification registers of the design: S1P, S2P, ASID16, VMID16,
// CD2L, two-level stream tables, SSIDSIZE 20, SIDSIZE 16, little-endian AArch64 tables of 4K granule, OAS 48, HAD,
// RIL, stalls never (STALL_MODEL 1); no STT, HYP, HTTU, ATS, overrides of attributes, nor anything later.
// A table that is not ours (EPDn) is not checked.  Bases come out aligned to what their tables need.

package config_pkg;
  import iommu_pkg::*;
  import vmsa_pkg::*;
  import smmuv3_fields_pkg::*;

  localparam int SSIDSIZE = 20;

  // An STE: its part of the configuration, and where CDs are.
  typedef struct packed {
    logic [7:0]  code;          // event; 0: legal
    cfg_t        cfg;
    logic [1:0]  s1dss;
    logic [1:0]  s1fmt;
    logic [4:0]  s1cdmax;
    logic [51:0] s1ctxptr;
  } ste_t;

  typedef struct packed {
    logic [7:0] code;
    cfg_t       cfg;
  } cd_t;

  localparam logic [5:0] TSZ_MIN = 6'd16;
  localparam logic [5:0] TSZ_MAX = 6'd39;

  // Base of a start-level table whose index has so many bits: that of entries of 8 bytes.
  function automatic logic [PA_W-1:0] align_base(logic [PA_W-1:0] base, logic [5:0] index_bits);
    return base & ~low_mask(index_bits + 6'd3);
  endfunction

  function automatic logic beyond(logic [51:0] base, logic [2:0] ps);
    return base >> size_bits(ps) != '0;
  endfunction

  function automatic logic s2_legal(logic [511:0] w);
    logic [5:0] in_bits, shift;
    logic [5:0] t0sz;
    logic [1:0] sl0;
    t0sz    = w[STE_S2T0SZ_HI:STE_S2T0SZ_LO];
    sl0     = w[STE_S2SL0_HI:STE_S2SL0_LO];
    in_bits = 6'(7'd64 - {1'b0, t0sz});
    shift   = level_log2(s2_start(sl0));
    return !w[STE_S2S_LO] && w[STE_S2AA64_LO] && !w[STE_S2HA_LO] && !w[STE_S2HD_LO]
        && w[STE_S2TG_HI:STE_S2TG_LO] == 2'd0
        && !beyond({w[STE_S2TTB_HI:STE_S2TTB_LO], 4'd0}, w[STE_S2PS_HI:STE_S2PS_LO])
        && t0sz >= TSZ_MIN && t0sz <= TSZ_MAX && sl0 != 2'd3
        && in_bits > shift && in_bits - shift <= 6'd13
        && !w[STE_S2ENDI_LO];
  endfunction

  function automatic logic s1_legal(logic [511:0] w, logic nested);
    return !w[STE_S1STALLD_LO] && w[STE_S1CDMAX_HI:STE_S1CDMAX_LO] <= 5'(SSIDSIZE)
        && (nested || w[STE_S1CTXPTR_HI -: 52 - PA_W] == '0);
  endfunction

  function automatic ste_t decode_ste(logic [511:0] w);
    ste_t       o;
    logic [2:0] mode;
    o          = '0;
    mode       = w[STE_CONFIG_HI:STE_CONFIG_LO];
    o.s1dss    = w[STE_S1DSS_HI:STE_S1DSS_LO];
    o.s1fmt    = w[STE_S1FMT_HI:STE_S1FMT_LO];
    o.s1cdmax  = w[STE_S1CDMAX_HI:STE_S1CDMAX_LO];
    o.s1ctxptr = {w[STE_S1CTXPTR_HI:STE_S1CTXPTR_LO], {STE_S1CTXPTR_LO{1'b0}}};
    if (!w[STE_V_LO]) begin
      o.code = 8'(EV_C_BAD_STE);
      return o;
    end
    if (!mode[2]) begin
      o.cfg.aborts = 1'b1;
      return o;
    end
    o.cfg.s1     = mode[0];
    o.cfg.s1_ste = mode[0];
    o.cfg.s2     = mode[1];
    if ((mode[0] && !s1_legal(w, mode[1])) || (mode[1] && !s2_legal(w))) o.code = 8'(EV_C_BAD_STE);
    if (mode[1:0] != 2'd0) o.cfg.vmid = w[STE_S2VMID_HI:STE_S2VMID_LO];
    if (mode[1]) begin
      o.cfg.s2t0sz = w[STE_S2T0SZ_HI:STE_S2T0SZ_LO];
      o.cfg.s2sl0  = w[STE_S2SL0_HI:STE_S2SL0_LO];
      o.cfg.s2ps   = w[STE_S2PS_HI:STE_S2PS_LO];
      o.cfg.s2affd = w[STE_S2AFFD_LO];
      o.cfg.s2r    = w[STE_S2R_LO];
      o.cfg.s2ptw  = w[STE_S2PTW_LO];
      o.cfg.s2ttb  = align_base({w[PA_W-1 + 64*3 : STE_S2TTB_LO], 4'd0},
                                6'(7'd64 - {1'b0, o.cfg.s2t0sz} - {1'b0, level_log2(s2_start(o.cfg.s2sl0))}));
    end
    return o;
  endfunction

  function automatic half_t half_of(logic [51:4] ttb, logic [5:0] tsz, logic epd, logic tbi, logic had);
    half_t h;
    logic  unused;
    unused = ^ttb;             // too large: half_legal
    h.ttb = align_base({ttb[PA_W-1:4], 4'd0}, 6'(7'd64 - {1'b0, tsz} - {1'b0, level_log2(s1_start(tsz))}));
    h.tsz = tsz;
    h.epd = epd;
    h.tbi = tbi;
    h.had = had;
    return h;
  endfunction

  function automatic logic half_legal(logic is_4k, logic [5:0] tsz, logic [51:4] ttb, logic [2:0] ips);
    return is_4k && tsz >= TSZ_MIN && tsz <= TSZ_MAX && !beyond({ttb, 4'd0}, ips);
  endfunction

  // c: of the STE.
  function automatic cd_t decode_cd(logic [511:0] w, cfg_t c);
    cd_t        o;
    logic       epd0, epd1, legal;
    logic [2:0] ips;
    epd0  = w[CD_EPD0_LO];
    epd1  = w[CD_EPD1_LO];
    ips   = w[CD_IPS_HI:CD_IPS_LO];
    legal = w[CD_V_LO] && !w[CD_S_LO] && w[CD_AA64_LO] && !w[CD_HA_LO] && !w[CD_HD_LO]
         && ((epd0 && epd1) || !w[CD_ENDI_LO])
         && (epd0 || half_legal(w[CD_TG0_HI:CD_TG0_LO] == 2'd0, w[CD_T0SZ_HI:CD_T0SZ_LO],
                                w[CD_TTB0_HI:CD_TTB0_LO], ips))
         && (epd1 || half_legal(w[CD_TG1_HI:CD_TG1_LO] == 2'd2, w[CD_T1SZ_HI:CD_T1SZ_LO],
                                w[CD_TTB1_HI:CD_TTB1_LO], ips));
    o.code      = legal ? 8'd0 : 8'(EV_C_BAD_CD);
    o.cfg       = c;
    o.cfg.asid  = w[CD_ASID_HI:CD_ASID_LO];
    o.cfg.ips   = ips;
    o.cfg.affd  = w[CD_AFFD_LO];
    o.cfg.wxn   = w[CD_WXN_LO];
    o.cfg.pan   = w[CD_PAN_LO];
    o.cfg.cd_a  = w[CD_A_LO];
    o.cfg.cd_r  = w[CD_R_LO];
    o.cfg.lower = half_of(w[CD_TTB0_HI:CD_TTB0_LO], w[CD_T0SZ_HI:CD_T0SZ_LO], epd0, w[CD_TBI0_LO], w[CD_HAD0_LO]);
    o.cfg.upper = half_of(w[CD_TTB1_HI:CD_TTB1_LO], w[CD_T1SZ_HI:CD_T1SZ_LO], epd1, w[CD_TBI1_LO], w[CD_HAD1_LO]);
    return o;
  endfunction

endpackage
