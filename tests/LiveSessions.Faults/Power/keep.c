/*
 * What a disk would hold after a power loss. Preloaded into a server whose files lie in POWER_FILES: whatever that process syncs is copied to POWER_KEPT before the sync returns; what it only
 * wrote is not. To lose power: kill the process and put POWER_KEPT in the place of POWER_FILES. Names (rename, unlink) are taken as durable at once, in order, as a journalling file system does.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

/* The place in POWER_KEPT of a path in POWER_FILES; 0 when it is elsewhere. */
static int kept_of(const char *path, char *kept)
{
    char whole[2 * PATH_MAX];
    const char *files = getenv("POWER_FILES"), *keep = getenv("POWER_KEPT");
    if (!files || !keep || !path) return 0;
    if (path[0] != '/') {
        char here[PATH_MAX];
        if (!getcwd(here, sizeof here)) return 0;
        snprintf(whole, sizeof whole, "%s/%s", here, path);
        path = whole;
    }
    size_t length = strlen(files);
    if (strncmp(path, files, length) != 0 || path[length] != '/') return 0;
    snprintf(kept, PATH_MAX, "%s%s", keep, path + length);
    return 1;
}

static void make_folders(char *path)
{
    for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = 0;
        mkdir(path, 0700);
        *at = '/';
    }
}

static int copy(int from, int to, off_t at, off_t end)
{
    static char buffer[1 << 16];
    while (at < end) {
        size_t want = end - at < (off_t)sizeof buffer ? (size_t)(end - at) : sizeof buffer;
        ssize_t got = pread(from, buffer, want, at);
        if (got <= 0) return -1;
        if (pwrite(to, buffer, got, at) != got) return -1;
        at += got;
    }
    return 0;
}

static void keep(int fd)
{
    char link[64], path[PATH_MAX], kept[PATH_MAX], fresh[PATH_MAX + 8];
    struct stat now, before;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return;
    path[length] = 0;
    if (!kept_of(path, kept) || fstat(fd, &now) != 0 || !S_ISREG(now.st_mode)) return;
    pthread_mutex_lock(&gate);
    int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from >= 0) {
        make_folders(kept);
        const char *dot = strrchr(path, '.');
        if (dot && strcmp(dot, ".aof") == 0) {
            /* Only ever written at its end, so the end is what is new. */
            int to = open(kept, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
            if (to >= 0) {
                if (fstat(to, &before) == 0) {
                    if (before.st_size > now.st_size && ftruncate(to, now.st_size) == 0) before.st_size = now.st_size;
                    copy(from, to, before.st_size, now.st_size);
                }
                close(to);
            }
        } else {
            snprintf(fresh, sizeof fresh, "%s.fresh", kept);
            int to = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
            if (to >= 0) {
                int done = copy(from, to, 0, now.st_size);
                close(to);
                int (*move)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
                if (done == 0) move(fresh, kept);
            }
        }
        close(from);
    }
    pthread_mutex_unlock(&gate);
}

int fsync(int fd)
{
    int (*sync)(int) = dlsym(RTLD_NEXT, "fsync");
    int result = sync(fd), error = errno;
    if (result == 0) keep(fd);
    errno = error;
    return result;
}

int fdatasync(int fd)
{
    int (*sync)(int) = dlsym(RTLD_NEXT, "fdatasync");
    int result = sync(fd), error = errno;
    if (result == 0) keep(fd);
    errno = error;
    return result;
}

int rename(const char *from, const char *to)
{
    char kept_from[PATH_MAX], kept_to[PATH_MAX];
    int (*move)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    int result = move(from, to), error = errno;
    if (result == 0 && kept_of(from, kept_from) && kept_of(to, kept_to)) {
        make_folders(kept_to);
        move(kept_from, kept_to);
    }
    errno = error;
    return result;
}

int unlink(const char *path)
{
    char kept[PATH_MAX];
    int (*away)(const char *) = dlsym(RTLD_NEXT, "unlink");
    int result = away(path), error = errno;
    if (result == 0 && kept_of(path, kept)) away(kept);
    errno = error;
    return result;
}
