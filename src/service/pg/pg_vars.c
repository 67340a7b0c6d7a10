/*
 * Values of settings, with a log of changes so that ROLLBACK, ROLLBACK TO and
 * the end of SET LOCAL undo them. Only settings that were touched are kept;
 * for the others the table of defaults speaks.
 *
 * Source: manual, SET; 55.2.7 for what is reported.
 */
#include "service/pg/pg_vars.h"

#include <stdlib.h>

#include "service/pg/pg_error.h"
#include "service/pg/pg_message.h"

struct pg_var {
	const struct pg_setting *setting; /* NULL: a custom one, "a.b" */
	char *name;                       /* as first written, for custom ones */
	char *initial;                    /* what RESET goes back to; NULL: the setting's own */
	char *value;                      /* NULL: initial */
	char *reported;                   /* as last sent in a ParameterStatus */
	bool kept;                        /* while committing: a later SET decides */
};

struct pg_undo {
	struct pg_var *var;
	char *before;
	bool local;
};

/* In the order in which PostgreSQL 15 sends them. */
static const char *const reported[] = {
	"application_name", "client_encoding", "datestyle", "default_transaction_read_only", "in_hot_standby",
	"integer_datetimes", "intervalstyle", "is_superuser", "server_encoding", "server_version",
	"session_authorization", "standard_conforming_strings", "timezone",
};

static char *copy(struct slice s)
{
	char *p = malloc(s.len + 1);

	if (!p)
		abort(); /* as the arena: out of memory ends the host */
	if (s.len)
		memcpy(p, s.ptr, s.len);
	p[s.len] = '\0';
	return p;
}

#define NAME_MAX_BYTES 128 /* an identifier has 63 bytes, a custom name two of them */

/* The name as the map has it: lower case. Longer names find nothing. */
static struct slice key_of(struct slice name, char *room)
{
	if (name.len > NAME_MAX_BYTES)
		return SLICE_NONE;
	for (size_t i = 0; i < name.len; i++)
		room[i] = name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? (char)(name.ptr[i] | 0x20) : name.ptr[i];
	return slice_of(room, name.len);
}

static struct pg_var *find_var(const struct pg_session *s, struct slice name)
{
	char room[NAME_MAX_BYTES];

	return map_get(&s->vars, key_of(name, room));
}

/* The setting's var, made on first use; NULL: there is no such setting. */
static struct pg_var *make_var(struct pg_session *s, struct slice name)
{
	const struct pg_setting *setting = pg_setting_find(name);
	struct slice canonical = setting ? slice_str(setting->name) : name;
	struct pg_var *v = find_var(s, canonical);
	char room[NAME_MAX_BYTES];

	if (v)
		return v;
	if (!setting && (slice_find(name, '.') == name.len || name.len > NAME_MAX_BYTES))
		return NULL;
	v = calloc(1, sizeof(*v));
	if (!v)
		abort();
	v->setting = setting;
	v->name = copy(name);
	map_set(&s->vars, key_of(canonical, room), v);
	return v;
}

static const char *value_of(const struct pg_var *v)
{
	return v->value ? v->value : v->initial ? v->initial : v->setting ? v->setting->initial : "";
}

/* Until it is set, a transaction's mode is the default for transactions. */
static const char *mode_default(struct slice name)
{
	if (slice_eq_nocase_str(name, "transaction_isolation"))
		return "default_transaction_isolation";
	if (slice_eq_nocase_str(name, "transaction_read_only"))
		return "default_transaction_read_only";
	if (slice_eq_nocase_str(name, "transaction_deferrable"))
		return "default_transaction_deferrable";
	return NULL;
}

struct slice pg_session_get(const struct pg_session *s, struct slice name)
{
	const struct pg_setting *setting = pg_setting_find(name);
	const struct pg_var *v = find_var(s, setting ? slice_str(setting->name) : name);
	const char *fallback = mode_default(name);

	if (fallback && (!v || !v->value))
		return pg_session_get(s, slice_str(fallback));
	if (v) /* a custom setting that was reset is empty, not unknown */
		return slice_str(value_of(v));
	return setting ? slice_str(setting->initial) : SLICE_NONE;
}

struct slice pg_session_spelling(const struct pg_session *s, struct slice name)
{
	const struct pg_setting *setting = pg_setting_find(name);
	const struct pg_var *v = find_var(s, name);

	return setting ? slice_str(setting->name) : v ? slice_str(v->name) : name;
}

/* ---- changing ---- */

static void push_undo(struct pg_session *s, struct pg_var *v, bool local)
{
	if (s->nundo == s->undo_cap) {
		s->undo_cap = s->undo_cap ? s->undo_cap * 2 : 16;
		s->undo = realloc(s->undo, s->undo_cap * sizeof(*s->undo));
		if (!s->undo)
			abort();
	}
	s->undo[s->nundo++] = (struct pg_undo){ v, v->value, local };
}

/* Takes `value`; NULL goes back to the initial one. */
static void change(struct pg_session *s, struct pg_var *v, char *value, enum pg_scope scope)
{
	if (scope == PG_SCOPE_START) {
		free(v->initial);
		v->initial = value;
	} else {
		push_undo(s, v, scope == PG_SCOPE_LOCAL);
		v->value = value;
	}
	if (v->setting && v->setting->reported)
		s->unreported = true;
}

void pg_session_force(struct pg_session *s, const char *name, struct slice value, enum pg_scope scope)
{
	struct pg_var *v = make_var(s, slice_str(name));

	change(s, v, copy(value), scope);
}

static struct sql_error *unknown(struct slice name, struct arena *a)
{
	return pg_error_new(a, "42704", "unrecognized configuration parameter \"%.*s\"", SLICE_ARG(name));
}

struct sql_error *pg_session_set(struct pg_session *s, struct slice name, struct slice value, enum pg_scope scope,
				 struct arena *a)
{
	struct pg_var *v = make_var(s, name);
	struct slice canonical = value;
	struct sql_error *e = NULL;

	if (!v)
		return unknown(name, a);
	if (v->setting)
		e = pg_setting_allowed(v->setting, scope == PG_SCOPE_START, a);
	if (!e && v->setting)
		e = pg_setting_check(v->setting, value, slice_str(value_of(v)), a, &canonical);
	if (e)
		return e;
	if (mode_default(name) && scope == PG_SCOPE_SESSION)
		scope = PG_SCOPE_LOCAL; /* a transaction's modes end with it however they were set */
	change(s, v, copy(canonical), scope);
	return NULL;
}

struct sql_error *pg_session_reset(struct pg_session *s, struct slice name, struct arena *a)
{
	const struct pg_setting *setting = pg_setting_find(name);
	struct pg_var *v = find_var(s, setting ? slice_str(setting->name) : name);
	struct sql_error *e = setting ? pg_setting_allowed(setting, false, a) : v ? NULL : unknown(name, a);

	if (e)
		return e;
	if (v && v->value)
		change(s, v, NULL, PG_SCOPE_SESSION);
	return NULL;
}

void pg_session_reset_all(struct pg_session *s)
{
	struct map_entry *entry;

	for (size_t i = 0; (entry = map_next(&s->vars, &i));) {
		struct pg_var *v = entry->value;
		const char *name = v->setting ? v->setting->name : "";

		/* GUC_NO_RESET_ALL */
		if (!v->value || mode_default(slice_str(name)) || !strcmp(name, "role") ||
		    !strcmp(name, "session_authorization") || !strcmp(name, "seed"))
			continue;
		change(s, v, NULL, PG_SCOPE_SESSION);
	}
}

static void note_change(struct pg_session *s, const struct pg_var *v)
{
	if (v->setting && v->setting->reported)
		s->unreported = true;
}

void pg_vars_rollback(struct pg_session *s, size_t keep)
{
	while (s->nundo > keep) {
		struct pg_undo *u = &s->undo[--s->nundo];

		free(u->var->value);
		u->var->value = u->before;
		note_change(s, u->var);
	}
}

void pg_vars_commit(struct pg_session *s)
{
	for (size_t i = s->nundo; i-- > 0;) {
		struct pg_undo *u = &s->undo[i];

		if (u->local && !u->var->kept) {
			free(u->var->value);
			u->var->value = u->before;
			note_change(s, u->var);
		} else {
			u->var->kept = true;
			free(u->before);
		}
	}
	while (s->nundo)
		s->undo[--s->nundo].var->kept = false;
}

void pg_vars_release(struct pg_session *s)
{
	struct map_entry *entry;

	pg_vars_rollback(s, 0);
	free(s->undo);
	for (size_t i = 0; (entry = map_next(&s->vars, &i));) {
		struct pg_var *v = entry->value;

		free(v->name);
		free(v->initial);
		free(v->value);
		free(v->reported);
		free(v);
	}
	map_release(&s->vars);
}

void pg_session_report(struct pg_session *s, bool all, struct buf *out)
{
	if (!s->unreported && !all)
		return;
	s->unreported = false;
	for (size_t i = 0; i < sizeof(reported) / sizeof(reported[0]); i++) {
		struct pg_var *v = make_var(s, slice_str(reported[i]));
		const char *value = value_of(v);

		if (!all && v->reported && strcmp(v->reported, value) == 0)
			continue;
		pg_write_parameter(out, slice_str(v->setting->name), slice_str(value));
		free(v->reported);
		v->reported = copy(slice_str(value));
	}
}

/* ---- the modes of a transaction ---- */

void pg_vars_read_modes(struct pg_words *w, struct pg_modes *m)
{
	*m = (struct pg_modes){ 0 };
	while (w->kind != PG_WORD_END) {
		if (pg_words_take(w, "isolation") && pg_words_take(w, "level")) {
			if (pg_words_take(w, "serializable")) {
				m->isolation = SLICE_LIT("serializable");
			} else if (pg_words_take(w, "repeatable")) {
				m->isolation = SLICE_LIT("repeatable read");
				pg_words_take(w, "read");
			} else if (pg_words_take(w, "read")) {
				m->isolation = pg_words_is(w, "committed") ? SLICE_LIT("read committed") :
									     SLICE_LIT("read uncommitted");
				pg_words_next(w);
			}
		} else if (pg_words_take(w, "read")) {
			m->read_only = pg_words_is(w, "only") ? SLICE_LIT("on") : SLICE_LIT("off");
			pg_words_next(w);
		} else if (pg_words_take(w, "not")) {
			m->deferrable = SLICE_LIT("off");
			pg_words_take(w, "deferrable");
		} else if (pg_words_take(w, "deferrable")) {
			m->deferrable = SLICE_LIT("on");
		} else {
			pg_words_next(w); /* a comma */
		}
	}
}

void pg_vars_modes(const struct pg_session *s, struct pg_modes *m, struct arena *a)
{
	m->isolation = arena_slice(a, pg_session_get(s, SLICE_LIT("transaction_isolation")));
	m->read_only = arena_slice(a, pg_session_get(s, SLICE_LIT("transaction_read_only")));
	m->deferrable = arena_slice(a, pg_session_get(s, SLICE_LIT("transaction_deferrable")));
}

void pg_vars_set_modes(struct pg_session *s, const struct pg_modes *m, enum pg_scope scope, struct arena *a)
{
	const char *prefix = scope == PG_SCOPE_LOCAL ? "transaction" : "default_transaction";
	const struct {
		const char *name;
		struct slice value;
	} modes[] = { { "isolation", m->isolation }, { "read_only", m->read_only }, { "deferrable", m->deferrable } };

	for (size_t i = 0; i < 3; i++)
		if (modes[i].value.ptr)
			pg_session_force(s, arena_printf(a, "%s_%s", prefix, modes[i].name).ptr, modes[i].value, scope);
}
