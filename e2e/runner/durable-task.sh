#!/bin/sh
# Starts the script of an `sh` step as Jenkins' durable-task plugin does, and leaves it to itself: stdout and
# stderr are one regular file, stdin is /dev/null, SIGHUP, SIGINT and SIGQUIT are ignored, and the cookie in
# the environment marks the processes that an abort ends.
# usage: durable-task.sh CONTROL COOKIE, in the workspace; CONTROL has script.sh, and gets the log and the result
export CONTROL="$1" COOKIE="$2" JENKINS_SERVER_COOKIE=not-this-one
nohup sh -c '(
    JENKINS_SERVER_COOKIE=$COOKIE sh -xe "$CONTROL/script.sh" >"$CONTROL/jenkins-log.txt" 2>&1
    echo $? >"$CONTROL/result.tmp"
    mv "$CONTROL/result.tmp" "$CONTROL/jenkins-result.txt"
) >&- 2>&- &'
