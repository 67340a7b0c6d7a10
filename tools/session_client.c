/* session_client: connects, says a line, reads a line. */
#include "session_client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "host/host.h"

static bool say(int fd, json_t *order)
{
	char *text = json_dumps(order, JSON_COMPACT);
	size_t len = text ? strlen(text) : 0, sent = 0;
	bool good = text != NULL;

	if (good)
		text[len++] = '\n';
	while (good && sent < len) {
		ssize_t n = send(fd, text + sent, len - sent, MSG_NOSIGNAL);
		good = n > 0 || (n < 0 && errno == EINTR);
		sent += n > 0 ? (size_t)n : 0;
	}
	free(text);
	return good;
}

json_t *session_order(const char *session, json_t *order, struct err *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	json_t *answer = NULL;
	struct buf text;
	char *room;
	ssize_t n;

	snprintf(un.sun_path, sizeof(un.sun_path), "%s/" HOST_SESSION_SOCK, session);
	if (fd < 0 || connect(fd, (struct sockaddr *)&un, sizeof(un)) < 0) {
		err_set(err, ERR_IO, "no session at %s: it was stopped, or its owner ended; seam session start makes one", session);
		json_decref(order);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	buf_init(&text, (size_t)4 << 30);
	if (say(fd, order))
		while ((room = buf_reserve(&text, 64 * 1024)) && (n = read(fd, room, 64 * 1024)) > 0)
			buf_commit(&text, (size_t)n);
	close(fd);
	json_decref(order);
	answer = json_loadb(text.ptr, text.len, 0, NULL);
	buf_release(&text);
	if (!answer)
		err_set(err, ERR_IO, "the session at %s ended before it answered", session);
	return answer;
}
