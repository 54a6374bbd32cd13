// Runs a cloud build and returns the outputs by their names:
//
//     def game = buildPixel(project: '665f1a2b3c4d5e6f70810001', buildSetting: '665f1a2b3c4d5e6f70820001')
//     echo "build ${game['build-id']}: ${game.result}"
//
// Takes every input except the token and its file, written as buildSetting or 'build-setting', and also:
//
//     credentialsId  id of the secret text that holds the token; 'buildpixel-token' if not given
//     onSuperseded   also 'unstable': the run becomes unstable if a newer build replaces this one
//     propagate      false: return the outputs whatever happens, and do not fail
//
// In a parallel, pass each build of the same build setting a reportsDir of its own.
//
// Needs the plugins Credentials Binding and Pipeline Utility Steps, and buildpixel-ci on the agent's PATH.

Map call(Map given = [:]) {
    def inputs = [:] + given
    def credentialsId = inputs.remove('credentialsId') ?: 'buildpixel-token'
    def propagate = inputs.remove('propagate') != false
    def variables = [:]
    for (name in inputs.keySet().toList()) {
        def words = name.replaceAll('([A-Z])', '_$1').replace('-', '_').toUpperCase()
        // A pipeline may pass null for an input that it has no value for.
        if (inputs[name] != null) {
            variables["BUILDPIXEL_${words}".toString()] = inputs[name]
        }
    }
    if (variables.containsKey('BUILDPIXEL_TOKEN') || variables.containsKey('BUILDPIXEL_TOKEN_FILE')) {
        error 'buildPixel: do not pass the token, because many people can read a pipeline; store it as a secret text and pass its credentialsId'
    }
    def mayBeUnstable = variables.BUILDPIXEL_ON_SUPERSEDED == 'unstable'
    if (mayBeUnstable) {
        variables.BUILDPIXEL_ON_SUPERSEDED = 'fail'
    }

    def status = 0
    withEnv(variables.collect { name, value -> "${name}=${value}".toString() }) {
        // No interpolation here: values that Groovy puts into a script are visible in the log and in `ps`.
        withCredentials([string(credentialsId: credentialsId, variable: 'BUILDPIXEL_TOKEN')]) {
            status = sh(label: 'BuildPixel', script: 'buildpixel-ci', returnStatus: true)
        }
    }
    if (status == 126 || status == 127) {
        error "buildPixel: cannot run buildpixel-ci (${status}); put it on the PATH of this agent"
    }
    // A killed program leaves no outputs. A file that exists is from an earlier run.
    if (status < 0 || (status > 100 && !(status in [130, 143]))) {
        error "buildPixel: buildpixel-ci was killed (${status})"
    }

    def reports = variables.BUILDPIXEL_REPORTS_DIR ?: env.BUILDPIXEL_REPORTS_DIR ?: 'buildpixel-reports'
    // If another step has the folder, our reports are in one that is named after the build or its setting.
    def attached = variables.BUILDPIXEL_BUILD_ID ?: env.BUILDPIXEL_BUILD_ID
    def id = attached ?: variables.BUILDPIXEL_BUILD_SETTING ?: env.BUILDPIXEL_BUILD_SETTING
    def written = []
    for (folder in [reports, "${reports}/${id}".toString()]) {
        if (fileExists("${folder}/outputs.properties")) {
            written << readProperties(file: "${folder}/outputs.properties")
        }
    }
    def own = written.findAll { it[attached ? 'build-id' : 'build-setting-id'] == id }
    if (own.size() > 1) {
        error "buildPixel: two steps for ${id} used ${reports} at the same time; pass each a reportsDir of its own"
    }
    def outputs = own ? own[0] : readProperties(file: "${reports}/outputs.properties")
    def message = "buildpixel-ci ended with ${status}: ${outputs['first-error'] ?: outputs.result}"
    if (status == 11 && mayBeUnstable) {
        unstable message
    } else if (status != 0 && propagate) {
        error message
    }
    return outputs
}
