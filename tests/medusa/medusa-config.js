// The Medusa server of the tests: its API alone, on PostgreSQL, with what it keeps in memory in one process.
const { defineConfig } = require("@medusajs/framework/utils")

module.exports = defineConfig({
  projectConfig: {
    databaseUrl: process.env.DATABASE_URL,
    databaseDriverOptions: { ssl: false },
    http: {
      storeCors: "http://localhost",
      adminCors: "http://localhost",
      authCors: "http://localhost",
      jwtSecret: "only for tests",
      cookieSecret: "only for tests",
    },
  },
  admin: { disable: true },
})
