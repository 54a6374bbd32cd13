// Runs a Jenkinsfile, with those steps that ours use: `sh` as durable-task does it, the others noted in a
// journal. usage: groovy jenkins.groovy JENKINSFILE VARS JOURNAL DURABLE_TASK CREDENTIALS, in the workspace;
// VARS is the folder of a library's steps, CREDENTIALS a JSON object.
// Its environment is the agent's. Neither the sandbox nor the validation of the model is emulated.

import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import org.codehaus.groovy.control.CompilerConfiguration

class Failure extends RuntimeException {
    Failure(String message) { super(message) }
}

/** The steps; a pipeline is a script with these. */
abstract class Steps extends Script {
    def getAny() { 'any' }

    /** Shared by the Jenkinsfile and the steps of the library. */
    Map getRun() { binding.run }

    Map<String, String> getEnv() { run.variables }

    def note(String step, Map arguments) { run.calls << [step: step, arguments: arguments] }

    def echo(text) { run.console << "${text}\n" }

    def error(text) { throw new Failure("${text}") }

    def unstable(text) {
        note('unstable', [message: "${text}".toString()])
        run.result = 'UNSTABLE'
    }

    def script(Closure body) { body() }

    def archiveArtifacts(Map arguments) { note('archiveArtifacts', arguments) }

    def junit(Map arguments) { note('junit', arguments) }

    def recordIssues(Map arguments) { note('recordIssues', arguments) }

    def issues(Map arguments) { arguments }

    /** ISO 8859-1 with escapes, as the plugin reads it. */
    def readProperties(Map arguments) {
        def properties = new Properties()
        new File(arguments.file.toString()).withInputStream { properties.load(it) }
        return new LinkedHashMap(properties)
    }

    def fileExists(path) { new File(path.toString()).exists() }

    def withEnv(List overrides, Closure body) {
        scoped(overrides.collectEntries { it.toString().split('=', 2) as List }, body)
    }

    def string(Map arguments) { arguments }

    def withCredentials(List bindings, Closure body) {
        scoped(bindings.collectEntries { [it.variable, secret(it.credentialsId)] }, body)
    }

    String secret(String id) {
        def value = run.credentials[id]
        if (value == null) error "Could not find credentials entry with ID '${id}'"
        run.secrets << value
        return value
    }

    def scoped(Map variables, Closure body) {
        def before = new LinkedHashMap(run.variables)
        run.variables.putAll(variables)
        try {
            return body()
        } finally {
            run.variables.clear()
            run.variables.putAll(before)
        }
    }

    def sh(String script) { sh(script: script) }

    def sh(Map arguments) {
        note('sh', arguments)
        def workspace = new File('.').canonicalPath
        def control = new File("${workspace}@tmp/durable-${run.calls.size()}")
        control.mkdirs()
        new File(control, 'script.sh').text = arguments.script
        def process = new ProcessBuilder(run.durableTask, control.path, "durable-${UUID.randomUUID()}").inheritIO()
        process.environment().clear()
        process.environment().putAll(run.variables)
        process.start().waitFor()
        def result = new File(control, 'jenkins-result.txt')
        while (!result.exists()) sleep(20)
        run.console << run.secrets.inject(new File(control, 'jenkins-log.txt').text) { log, secret ->
            log.replace(secret, '****')
        }
        int status = result.text.trim() as int
        if (arguments.returnStatus) return status
        if (status != 0) error "script returned exit code ${status}"
    }

    def pipeline(Closure body) { new Declarative(this).run(body) }
}

/** A declarative pipeline: its sections, and then what they say, in order. */
class Declarative {
    private final Steps script
    private final List stages = []
    private final Map after = [:]
    private final Map variables = [:]

    Declarative(Steps script) { this.script = script }

    def run(Closure body) {
        fill(body, this)
        script.scoped(variables) {
            try {
                stages.each { stage -> script.scoped(stage.variables, stage.body) }
            } catch (Failure failure) {
                script.run.result = 'FAILURE'
                script.run.error = failure.message
            }
            ['always', script.run.result.toLowerCase()].each { after[it]?.call() }
        }
    }

    def agent(what) {}

    def options(Closure body) { fill(body, new Calls({ name, value -> script.note(name, value) })) }

    def environment(Closure body) { fill(body, new Assignments(variables, { script.secret(it) })) }

    def stages(Closure body) { fill(body, this) }

    def stage(String name, Closure body) { fill(body, new Stage(script, stages)) }

    def post(Closure body) { fill(body, new Calls({ condition, block -> after[condition] = block })) }

    static fill(Closure body, Object delegate) {
        body.delegate = delegate
        body.resolveStrategy = Closure.DELEGATE_FIRST
        body()
    }
}

class Stage {
    private final Steps script
    private final List stages
    private final Map variables = [:]

    Stage(Steps script, List stages) {
        this.script = script
        this.stages = stages
    }

    def environment(Closure body) { Declarative.fill(body, new Assignments(variables, { script.secret(it) })) }

    def steps(Closure body) { stages << [variables: variables, body: body] }
}

/** Takes any call with one argument. */
class Calls {
    final Closure taken

    Calls(Closure taken) { this.taken = taken }

    def methodMissing(String name, arguments) { taken(name, arguments[0]) }
}

/** Takes any assignment. */
class Assignments {
    private final Map values
    private final Closure secret

    Assignments(Map values, Closure secret) {
        this.values = values
        this.secret = secret
    }

    void setProperty(String name, value) { values[name] = value.toString() }

    def credentials(String id) { secret(id) }
}

def (jenkinsfile, vars, journal, durableTask, credentials) = args as List
def run = [
    variables: new LinkedHashMap(System.getenv()), credentials: new JsonSlurper().parseText(credentials),
    durableTask: durableTask, secrets: [] as Set, calls: [], console: new StringBuilder(),
    result: 'SUCCESS', error: null,
]
def binding = new Binding(run: run)
def shell = new GroovyShell(Steps.classLoader, binding, new CompilerConfiguration(scriptBaseClass: Steps.name))
new File(vars).eachFileMatch(~/\w+\.groovy/) { file ->
    binding.setVariable(file.name - '.groovy', shell.parse(file).&call)
}
try {
    shell.evaluate(new File(jenkinsfile))
} catch (Failure failure) {
    run.result = 'FAILURE'
    run.error = failure.message
}
def told = run.subMap('result', 'error', 'calls') + [console: run.console.toString()]
new File(journal).text = JsonOutput.toJson(told)
