// Runs a cloud build and answers the outputs by their names:
//
//     def game = buildPixel(project: '665f1a2b3c4d5e6f70810001', buildSetting: '665f1a2b3c4d5e6f70820001')
//     echo "build ${game['build-id']}: ${game.result}"
//
// Takes every input except the token, as buildSetting or 'build-setting', and besides:
//
//     credentialsId  which secret text holds the token; 'buildpixel-token' if not given
//     onSuperseded   also 'unstable': a newer build that takes the place of this one makes the run unstable
//     propagate      false: the outputs are answered whatever happens, and nothing fails
//
// Needs the plugins Credentials Binding and Pipeline Utility Steps, and buildpixel-ci on the agent's PATH.

Map call(Map given = [:]) {
    def inputs = [:] + given
    def credentialsId = inputs.remove('credentialsId') ?: 'buildpixel-token'
    def propagate = inputs.remove('propagate') != false
    def variables = [:]
    for (name in inputs.keySet().toList()) {
        def words = name.replaceAll('([A-Z])', '_$1').replace('-', '_').toUpperCase()
        // What a pipeline has no value for is not given.
        if (inputs[name] != null) {
            variables["BUILDPIXEL_${words}".toString()] = inputs[name]
        }
    }
    if (variables.containsKey('BUILDPIXEL_TOKEN')) {
        error 'buildPixel: a token in a pipeline can be read by many; give the credentialsId of a secret text'
    }
    def mayBeUnstable = variables.BUILDPIXEL_ON_SUPERSEDED == 'unstable'
    if (mayBeUnstable) {
        variables.BUILDPIXEL_ON_SUPERSEDED = 'fail'
    }

    def status = 0
    withEnv(variables.collect { name, value -> "${name}=${value}".toString() }) {
        // In single quotes: what Groovy would put into a script is seen in the log and by `ps`.
        withCredentials([string(credentialsId: credentialsId, variable: 'BUILDPIXEL_TOKEN')]) {
            status = sh(label: 'BuildPixel', script: 'buildpixel-ci', returnStatus: true)
        }
    }
    if (status == 126 || status == 127) {
        error "buildPixel: cannot run buildpixel-ci (${status}); is it on the PATH of this agent?"
    }
    // Whoever was killed has left no outputs, and those that are there are of an earlier run.
    if (status < 0 || (status > 100 && !(status in [130, 143]))) {
        error "buildPixel: buildpixel-ci was killed (${status})"
    }

    def reports = variables.BUILDPIXEL_REPORTS_DIR ?: env.BUILDPIXEL_REPORTS_DIR ?: 'buildpixel-reports'
    def outputs = readProperties(file: "${reports}/outputs.properties")
    def message = "buildpixel-ci ended with ${status}: ${outputs['first-error'] ?: outputs.result}"
    if (status == 11 && mayBeUnstable) {
        unstable message
    } else if (status != 0 && propagate) {
        error message
    }
    return outputs
}
