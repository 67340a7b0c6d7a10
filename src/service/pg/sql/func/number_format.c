/*
 * Templates of numbers: NUM_cache and NUMDesc_prepare of formatting.c, PostgreSQL 15.
 * What is done with them is to_char_number.c's and to_number.c's.
 */
#include "service/pg/sql/func/number_format.h"

#include <ctype.h>

static const struct {
	const char *name;
	enum key upper, lower;
} keys[] = {
	{ ",", K_COMMA, K_COMMA }, { ".", K_POINT, K_POINT }, { "0", K_0, K_0 }, { "9", K_9, K_9 }, { "B", K_B, K_B }, { "C", K_C, K_C }, { "D", K_D, K_D },
	{ "EEEE", K_E, K_E }, { "FM", K_FM, K_FM }, { "G", K_G, K_G }, { "L", K_L, K_L }, { "MI", K_MI, K_MI }, { "PL", K_PL, K_PL }, { "PR", K_PR, K_PR },
	{ "RN", K_RN, K_rn }, { "SG", K_SG, K_SG }, { "SP", K_SP, K_SP }, { "S", K_S, K_S }, { "TH", K_TH, K_th }, { "V", K_V, K_V },
};

static bool refuse(sqlite3_context *ctx, const char *text)
{
	sql_raise(ctx, "42601", "%s", text);
	return false;
}

/* One key's meaning for the whole (NUMDesc_prepare). */
static bool note(sqlite3_context *ctx, struct number_format *f, enum key key)
{
	if (f->eeee && key != K_E)
		return refuse(ctx, "\"EEEE\" must be the last pattern used");
	switch (key) {
	case K_9:
		if (f->bracket)
			return refuse(ctx, "\"9\" must be ahead of \"PR\"");
		if (f->v)
			f->multi++;
		else if (f->decimal)
			f->post++;
		else
			f->pre++;
		break;
	case K_0:
		if (f->bracket)
			return refuse(ctx, "\"0\" must be ahead of \"PR\"");
		if (!f->zero && !f->decimal) {
			f->zero = true;
			f->zero_start = f->pre + 1;
		}
		if (f->decimal)
			f->post++;
		else
			f->pre++;
		f->zero_end = f->pre + f->post;
		break;
	case K_B: f->blank |= !f->pre && !f->post && !f->zero; break;
	case K_D:
	case K_POINT:
		if (f->decimal)
			return refuse(ctx, "multiple decimal points");
		if (f->v)
			return refuse(ctx, "cannot use \"V\" and decimal point together");
		f->decimal = true;
		break;
	case K_FM: f->fill = true; break;
	case K_S:
		if (f->lsign)
			return refuse(ctx, "cannot use \"S\" twice");
		if (f->plus || f->minus || f->bracket)
			return refuse(ctx, "cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together");
		f->lsign = f->decimal ? SIGN_POST : SIGN_PRE;
		f->pre_lsign = f->decimal ? 0 : f->pre;
		break;
	case K_MI:
		if (f->lsign)
			return refuse(ctx, "cannot use \"S\" and \"MI\" together");
		f->minus = true;
		break;
	case K_PL:
		if (f->lsign)
			return refuse(ctx, "cannot use \"S\" and \"PL\" together");
		f->plus = true;
		break;
	case K_SG:
		if (f->lsign)
			return refuse(ctx, "cannot use \"S\" and \"SG\" together");
		f->minus = f->plus = true;
		break;
	case K_PR:
		if (f->lsign || f->plus || f->minus)
			return refuse(ctx, "cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together");
		f->bracket = true;
		break;
	case K_RN:
	case K_rn: f->roman = true; break;
	case K_V:
		if (f->decimal)
			return refuse(ctx, "cannot use \"V\" and decimal point together");
		f->v = true;
		break;
	case K_E:
		if (f->eeee)
			return refuse(ctx, "cannot use \"EEEE\" twice");
		if (f->blank || f->fill || f->lsign || f->bracket || f->minus || f->plus || f->roman || f->v) {
			struct sql_error *e = sql_raise(ctx, "42601", "\"EEEE\" is incompatible with other formats");
			sql_detail(sql_env_of(ctx), e, "\"EEEE\" may only be used together with digit and decimal point patterns.");
			return false;
		}
		f->eeee = true;
		break;
	default: break;
	}
	return true;
}

bool number_format_parse(sqlite3_context *ctx, struct arena *a, struct slice s, struct number_format *f)
{
	*f = (struct number_format){ .nodes = ARENA_ARRAY(a, struct number_node, s.len + 1) };
	for (size_t i = 0; i < s.len;) {
		struct slice rest = slice_skip(s, i);
		enum key key = K_NONE;
		size_t len = 0;
		for (size_t j = 0; j < sizeof(keys) / sizeof(keys[0]) && !key; j++) {
			len = strlen(keys[j].name);
			if (rest.len < len)
				continue;
			if (memcmp(rest.ptr, keys[j].name, len) == 0) {
				key = keys[j].upper;
			} else {
				bool lower = true;
				for (size_t k = 0; k < len && lower; k++)
					lower = rest.ptr[k] == (char)tolower((unsigned char)keys[j].name[k]);
				if (lower)
					key = keys[j].lower;
			}
		}
		if (key) {
			if (!note(ctx, f, key))
				return false;
			f->nodes[f->count++].key = key;
			i += len;
		} else if (rest.ptr[0] == '"') {
			for (i++; i < s.len && s.ptr[i] != '"'; i++) {
				if (s.ptr[i] == '\\' && i + 1 < s.len)
					i++;
				f->nodes[f->count++] = (struct number_node){ K_NONE, s.ptr[i] };
			}
			i++;
		} else {
			if (rest.ptr[0] == '\\' && rest.len > 1 && rest.ptr[1] == '"')
				i++;
			f->nodes[f->count++] = (struct number_node){ K_NONE, s.ptr[i++] };
		}
	}
	return true;
}
