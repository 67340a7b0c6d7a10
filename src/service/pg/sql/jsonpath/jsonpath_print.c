/*
 * jsonpath's items as text: the one form in which PostgreSQL writes them.
 */
#include "service/pg/sql/jsonpath/jsonpath.h"

static int priority(enum jsonpath_kind k)
{
	switch (k) {
	case JP_OR: return 0;
	case JP_AND: return 1;
	case JP_EQUAL: case JP_NOT_EQUAL: case JP_LESS: case JP_GREATER: case JP_LESS_OR_EQUAL: case JP_GREATER_OR_EQUAL: case JP_STARTS_WITH: return 2;
	case JP_ADD: case JP_SUB: return 3;
	case JP_MUL: case JP_DIV: case JP_MOD: return 4;
	case JP_PLUS: case JP_MINUS: return 5;
	default: return 6;
	}
}

static const char *operator_word(enum jsonpath_kind k)
{
	switch (k) {
	case JP_AND: return "&&";
	case JP_OR: return "||";
	case JP_EQUAL: return "==";
	case JP_NOT_EQUAL: return "!=";
	case JP_LESS: return "<";
	case JP_GREATER: return ">";
	case JP_LESS_OR_EQUAL: return "<=";
	case JP_GREATER_OR_EQUAL: return ">=";
	case JP_ADD: return "+";
	case JP_SUB: return "-";
	case JP_MUL: return "*";
	case JP_DIV: return "/";
	default: return "%";
	}
}

static void print(const struct jsonpath_item *i, bool in_key, bool brackets, struct buf *out);

static void operand(const struct jsonpath_item *of, const struct jsonpath_item *i, struct buf *out)
{
	print(of, false, priority(of->kind) <= priority(i->kind), out);
}

static void print_any(const struct jsonpath_item *i, struct buf *out)
{
	if (i->first == 0 && i->last == JSONPATH_LEVEL_LAST)
		buf_add_str(out, "**");
	else if (i->first == i->last && i->last == JSONPATH_LEVEL_LAST)
		buf_add_str(out, "**{last}");
	else if (i->first == i->last)
		buf_addf(out, "**{%u}", i->first);
	else if (i->first == JSONPATH_LEVEL_LAST)
		buf_addf(out, "**{last to %u}", i->last);
	else if (i->last == JSONPATH_LEVEL_LAST)
		buf_addf(out, "**{%u to last}", i->first);
	else
		buf_addf(out, "**{%u to %u}", i->first, i->last);
}

static void print_index(const struct jsonpath_item *i, struct buf *out)
{
	buf_add_char(out, '[');
	for (size_t k = 0; k < i->nsubscripts; k++) {
		buf_add_str(out, k ? "," : "");
		print(i->subscripts[k].from, false, false, out);
		if (i->subscripts[k].to) {
			buf_add_str(out, " to ");
			print(i->subscripts[k].to, false, false, out);
		}
	}
	buf_add_char(out, ']');
}

static void print_regex(const struct jsonpath_item *i, struct buf *out)
{
	operand(i->left, i, out);
	buf_add_str(out, " like_regex ");
	json_quote(i->text, out);
	if (!i->icase && !i->dotall && !i->mline && !i->expanded && !i->quote)
		return;
	buf_addf(out, " flag \"%s%s%s%s%s\"", i->icase ? "i" : "", i->dotall ? "s" : "", i->mline ? "m" : "", i->expanded ? "x" : "", i->quote ? "q" : "");
}

static void method(const char *name, const struct jsonpath_item *arg, struct buf *out)
{
	buf_addf(out, ".%s(", name);
	if (arg)
		print(arg, false, false, out);
	buf_add_char(out, ')');
}

static void print(const struct jsonpath_item *i, bool in_key, bool brackets, struct buf *out)
{
	bool close = false;

	if (brackets && priority(i->kind) < 6) {
		buf_add_char(out, '(');
		close = true;
	} else if (brackets && i->kind == JP_LIKE_REGEX) {
		buf_add_char(out, '(');
		close = true;
	}
	switch (i->kind) {
	case JP_NULL: buf_add_str(out, "null"); break;
	case JP_TRUE: buf_add_str(out, "true"); break;
	case JP_FALSE: buf_add_str(out, "false"); break;
	case JP_KEY:
		buf_add_str(out, in_key ? "." : "");
		json_quote(i->text, out);
		break;
	case JP_STRING: json_quote(i->text, out); break;
	case JP_VARIABLE:
		buf_add_char(out, '$');
		json_quote(i->text, out);
		break;
	case JP_NUMBER: /* "1.abs" would be a number and junk */
		buf_addf(out, i->next ? "(%.*s)" : "%.*s", SLICE_ARG(i->text));
		break;
	case JP_LIKE_REGEX: print_regex(i, out); break;
	case JP_STARTS_WITH:
		operand(i->left, i, out);
		buf_add_str(out, " starts with ");
		operand(i->right, i, out);
		break;
	case JP_EXISTS:
		buf_add_str(out, "exists (");
		print(i->left, false, false, out);
		buf_add_char(out, ')');
		break;
	case JP_NOT:
		buf_add_str(out, "!(");
		print(i->left, false, false, out);
		buf_add_char(out, ')');
		break;
	case JP_IS_UNKNOWN:
		buf_add_char(out, '(');
		print(i->left, false, false, out);
		buf_add_str(out, ") is unknown");
		break;
	case JP_PLUS:
	case JP_MINUS:
		buf_add_char(out, i->kind == JP_PLUS ? '+' : '-');
		operand(i->left, i, out);
		break;
	case JP_FILTER:
		buf_add_str(out, "?(");
		print(i->left, false, false, out);
		buf_add_char(out, ')');
		break;
	case JP_CURRENT: buf_add_char(out, '@'); break;
	case JP_ROOT: buf_add_char(out, '$'); break;
	case JP_LAST: buf_add_str(out, "last"); break;
	case JP_ANY_ARRAY: buf_add_str(out, "[*]"); break;
	case JP_ANY_KEY: buf_add_str(out, in_key ? ".*" : "*"); break;
	case JP_INDEX: print_index(i, out); break;
	case JP_ANY:
		buf_add_str(out, in_key ? "." : "");
		print_any(i, out);
		break;
	case JP_TYPE: method("type", NULL, out); break;
	case JP_SIZE: method("size", NULL, out); break;
	case JP_ABS: method("abs", NULL, out); break;
	case JP_FLOOR: method("floor", NULL, out); break;
	case JP_CEILING: method("ceiling", NULL, out); break;
	case JP_DOUBLE: method("double", NULL, out); break;
	case JP_KEYVALUE: method("keyvalue", NULL, out); break;
	case JP_DATETIME: method("datetime", i->left, out); break;
	default:
		operand(i->left, i, out);
		buf_addf(out, " %s ", operator_word(i->kind));
		operand(i->right, i, out);
		break;
	}
	if (close)
		buf_add_char(out, ')');
	if (i->next)
		print(i->next, true, true, out);
}

void jsonpath_print(const struct jsonpath *p, struct buf *out)
{
	if (p->strict)
		buf_add_str(out, "strict ");
	print(p->item, false, true, out);
}
